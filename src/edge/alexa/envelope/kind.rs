//! The types a request can have, and what each may be answered with. A type that is not in the table is
//! [`Class::Silent`]: Alexa adds new ones without asking.

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The skill is opened, by a shopper or by another skill.
    Opens,
    /// A shopper said something.
    Intent,
    /// Could this be answered? Asked before a shopper has chosen the skill; nothing may happen.
    CanFulfill,
    /// A conversation goes on after an errand elsewhere or a touch on a screen; speech is allowed.
    Continues,
    /// A list on a screen is scrolled and wants more; the answer is data.
    Scrolls,
    /// An API of Alexa Conversations is called; the answer is data.
    Api,
    /// The conversation is over; nothing may be said.
    Ends,
    /// Something went wrong on Alexa's side or with our answer; worth a line in the log, nothing may be said.
    Fault,
    /// An event; nothing may be said.
    Silent,
}

/// Every type of the published SDK (ask-sdk-model 1.86), by name.
pub const KINDS: [(&str, Class); 59] = [
    ("Alexa.Advertisement.AdCompleted", Class::Silent),
    ("Alexa.Advertisement.AdNotRendered", Class::Silent),
    ("Alexa.Advertisement.ReadyToEnqueueAudio", Class::Silent),
    ("Alexa.Authorization.Grant", Class::Silent),
    ("Alexa.DataStore.Error", Class::Fault),
    ("Alexa.DataStore.PackageManager.InstallationError", Class::Fault),
    ("Alexa.DataStore.PackageManager.UpdateRequest", Class::Silent),
    ("Alexa.DataStore.PackageManager.UsagesInstalled", Class::Silent),
    ("Alexa.DataStore.PackageManager.UsagesRemoved", Class::Silent),
    ("Alexa.Presentation.APL.LoadIndexListData", Class::Scrolls),
    ("Alexa.Presentation.APL.LoadTokenListData", Class::Silent),
    ("Alexa.Presentation.APL.RuntimeError", Class::Fault),
    ("Alexa.Presentation.APL.UserEvent", Class::Continues),
    ("Alexa.Presentation.APLA.RuntimeError", Class::Fault),
    ("Alexa.Presentation.APLT.UserEvent", Class::Continues),
    ("Alexa.Presentation.HTML.Message", Class::Continues),
    ("Alexa.Presentation.HTML.RuntimeError", Class::Fault),
    ("AlexaHouseholdListEvent.ItemsCreated", Class::Silent),
    ("AlexaHouseholdListEvent.ItemsDeleted", Class::Silent),
    ("AlexaHouseholdListEvent.ItemsUpdated", Class::Silent),
    ("AlexaHouseholdListEvent.ListCreated", Class::Silent),
    ("AlexaHouseholdListEvent.ListDeleted", Class::Silent),
    ("AlexaHouseholdListEvent.ListUpdated", Class::Silent),
    ("AlexaSkillEvent.NotificationSubscriptionChanged", Class::Silent),
    ("AlexaSkillEvent.ProactiveSubscriptionChanged", Class::Silent),
    ("AlexaSkillEvent.SkillAccountLinked", Class::Silent),
    ("AlexaSkillEvent.SkillDisabled", Class::Silent),
    ("AlexaSkillEvent.SkillEnabled", Class::Silent),
    ("AlexaSkillEvent.SkillPermissionAccepted", Class::Silent),
    ("AlexaSkillEvent.SkillPermissionChanged", Class::Silent),
    ("AudioPlayer.PlaybackFailed", Class::Fault),
    ("AudioPlayer.PlaybackFinished", Class::Silent),
    ("AudioPlayer.PlaybackNearlyFinished", Class::Silent),
    ("AudioPlayer.PlaybackStarted", Class::Silent),
    ("AudioPlayer.PlaybackStopped", Class::Silent),
    ("CanFulfillIntentRequest", Class::CanFulfill),
    ("Connections.Request", Class::Opens),
    ("Connections.Response", Class::Continues),
    ("CustomInterfaceController.EventsReceived", Class::Silent),
    ("CustomInterfaceController.Expired", Class::Silent),
    ("Dialog.API.Invoked", Class::Api),
    ("Dialog.InputRequest", Class::Continues),
    ("Display.ElementSelected", Class::Continues),
    ("GameEngine.InputHandlerEvent", Class::Silent),
    ("IntentRequest", Class::Intent),
    ("LaunchRequest", Class::Opens),
    ("Messaging.MessageReceived", Class::Silent),
    ("PlaybackController.NextCommandIssued", Class::Silent),
    ("PlaybackController.PauseCommandIssued", Class::Silent),
    ("PlaybackController.PlayCommandIssued", Class::Silent),
    ("PlaybackController.PreviousCommandIssued", Class::Silent),
    ("Reminders.ReminderCreated", Class::Silent),
    ("Reminders.ReminderDeleted", Class::Silent),
    ("Reminders.ReminderStarted", Class::Silent),
    ("Reminders.ReminderStatusChanged", Class::Silent),
    ("Reminders.ReminderUpdated", Class::Silent),
    ("SessionEndedRequest", Class::Ends),
    ("SessionResumedRequest", Class::Continues),
    ("System.ExceptionEncountered", Class::Fault),
];

/// What a request of this type may be answered with.
pub fn class(kind: &str) -> Class {
    KINDS.binary_search_by_key(&kind, |(name, _)| name).ok().and_then(|at| KINDS.get(at)).map_or(Class::Silent, |k| k.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_name_is_found() {
        for (name, expected) in KINDS {
            assert_eq!(class(name), expected, "{name}");
        }
        for unknown in ["", "UnknownRequest", "intentrequest", "Zzz"] {
            assert_eq!(class(unknown), Class::Silent, "{unknown}");
        }
    }
}
