# Everything the shop says in American English, in Fluent (https://projectfluent.org).
#
# A message is what is said; its .reprompt is said when the shopper stays silent, and stands exactly where the
# conversation stays open; .card-title and .card-text are for a screen. The server checks at start that nothing is
# missing and that no message uses a variable it is not given.
#
# Besides NUMBER there are
#   WORDS($n)         "twenty-one"
#   NTH($n)           "twenty-first"
#   DIGITS($n)        an order number, digit by digit in small groups
#   SPELL($word)      letter by letter
#   PAUSE(ms: 250)    a short silence, heard and not seen
#
# For the ear: the answer first, three things at most, one question last, no blame.

## Opening, closing, help

welcome =
    Hello. You can find a product, buy your usual again, or check on an order. What would you like?
    .reprompt = You can say: find coffee, order my usual, or where is my order.
welcome-called =
    Hello { $name }. You can find a product, buy your usual again, or check on an order. What would you like?
    .reprompt = You can say: find coffee, order my usual, or where is my order.
welcome-back =
    Welcome back. What would you like?
    .reprompt = You can say: find coffee, order my usual, or where is my order.

courtesy-greeting =
    Hello. What would you like?
    .reprompt = You can say: find coffee, order my usual, or where is my order.
courtesy-thanks =
    You're welcome. What else would you like?
    .reprompt = What else would you like? To leave, say stop.
courtesy-who =
    I'm the voice of this shop: a computer program, not a person. To reach one of our people, say: talk to a person. What would you like?
    .reprompt = What would you like?
courtesy-volume =
    How loud I am is up to your device: its buttons change it. What would you like?
    .reprompt = What would you like?

help-general =
    You can say: find coffee, order my usual, or where is my order.
    I can also repeat, speak slower, or spell a word. What would you like?
    .reprompt = What would you like?
    .card-title = Things to say
    .card-text =
        Find coffee under ten dollars
        Tell me more about the second one
        Add it to my basket
        What's in my basket?
        Check out
        Order my usual
        Order more dog food
        Where is my order?
        Repeat that
        Speak slower
        Spell that
        Stop
help-results =
    Say first, second or third to choose one. To hear others, say next, or cheaper. Which one would you like?
    .reprompt = Which one would you like?
    .card-title = Choosing from results
    .card-text =
        The second one
        Tell me more about the first one
        Cheaper
        Best rated first
        Next
        Go back
help-purchase =
    Nothing is bought until you say yes. Say no to leave it, or say make it two to change how many.
    Would you like to go ahead?
    .reprompt = Yes to order, or no to leave it?
    .card-title = Before you buy
    .card-text =
        Yes
        No
        Make it two
        Repeat that
help-basket =
    You can say: what's in my basket, remove the coffee, or check out. What would you like?
    .reprompt = What would you like to do with your basket?
    .card-title = Your basket
    .card-text =
        What's in my basket?
        Add coffee
        Remove the coffee
        Empty my basket
        Check out
help-tracking =
    You can ask for your latest order, for an order by its number, or for something you bought. Which order would you like?
    .reprompt = Which order would you like?
    .card-title = Finding an order
    .card-text =
        Where is my order?
        Track order 1042
        Where are my headphones?
        What did I order last Tuesday?

goodbye = Goodbye.
cancelled = Okay, cancelled. Nothing was bought.
all-right =
    All right. What would you like?
    .reprompt = You can say: find coffee, order my usual, or where is my order.

not-heard =
    Sorry, I didn't hear that. Could you say it again?
    .reprompt = I'm listening. What would you like?
not-understood =
    Sorry, I can't help with that. What would you like from the shop?
    .reprompt = You can say: find coffee, order my usual, or where is my order.
not-understood-twice =
    Sorry, that didn't work either. You can say: find coffee, order my usual, or where is my order.
    Which would you like?
    .reprompt = For more examples, say help. To leave, say stop.
not-understood-often =
    I'm sorry, I'm still not getting it. Say help to hear everything I can do, or stop to leave.
    Or try a short phrase, such as: find coffee.
    .reprompt = Say help, or stop.
did-you-say =
    Did you say: { $words }?
    .reprompt = Was it: { $words }? Yes or no is fine.
# What a service of the merchant's (webhooks.toml) wants said.
told = { $words }
    .reprompt = { $reprompt }
# A question that model.json words itself, in its prompts.
prompt = { $words }
    .reprompt = { $words }
nothing-open =
    There's no question open right now. What would you like?
    .reprompt = You can say: find coffee, order my usual, or where is my order.
trouble = Sorry, I can't reach the shop right now. Please try again in a minute. Nothing will be ordered twice.
one-moment = One moment, please.
link-account = For that I need to know who you are. I have put a card in the Alexa app: open it to link your shop account, then ask me again. What is in your basket stays there.
link-lapsed = The link to your shop account is no longer valid. I have put a card in the Alexa app: open it to sign in again, then ask me once more.
busy = Sorry, the shop is very busy right now. Please try again in a moment.

## Finding

# $total results; $first is the place of the first one that follows, $shown how many follow.
results-intro-one = I found one.
results-intro-all = I found { WORDS($total) }.
results-intro-many =
    { $total ->
        [one] I found one.
       *[other] I found { $rounded }. Here are the top { WORDS($shown) }.
    }
results-intro-next =
    { $shown ->
        [one] Here is one more.
       *[other] Here are the next { WORDS($shown) }.
    }
results-intro-last =
    { $shown ->
        [one] Here is the last one.
       *[other] Here are the last { WORDS($shown) }.
    }
results-intro-back =
    { $first ->
        [one] Back to the first { WORDS($shown) }.
       *[other] Back to numbers { WORDS($first) } to { WORDS($last) }.
    }
results-intro-relaxed =
    { $shown ->
        [one] I found nothing exactly like that. The nearest is this.
       *[other] I found nothing exactly like that. The nearest are these.
    }
results-sorted-cheapest = Cheapest first.
results-sorted-best_rated = Best rated first.
results-sorted-newest = Newest first.
results-item = { NTH($position) }, { $item }.
results-single = { $item }.
results-thing = { $name }, { $price }
results-thing-rated = { $name }, { $price }, rated { $stars }
results-thing-sold-out = { $name }, { $price }, out of stock
results =
    { $kind ->
        [one] You can say add it, buy it, or tell me more. What would you like?
        [more] Which one would you like, or shall I read on?
       *[end] Which one would you like?
    }
    .reprompt =
        { $kind ->
            [one] What would you like to do with it?
            [more] Say first, second or third to choose, or next for more. Which would you like?
           *[end] Say first, second or third to choose. Which would you like?
        }
    .card-title =
        { $total ->
            [one] One result
           *[other] Results { $first } to { $last } of { $total-printed }
        }
    .card-line = { $position }. { $title }: { $facts }

nothing-found =
    { $filters ->
        [none] I couldn't find { $query }. What else can I look for?
       *[some] I couldn't find { $query } { $limits }. You can change that, or look for something else. What would you like?
    }
    .reprompt = What else can I look for?
nothing-like-that = anything like that
limit-max = under { $price }
limit-min = over { $price }
limit-brand = by { $brand }
limit-colour = in { $colour }
limit-size = in size { $size }
limit-feature = that is { $feature }

no-more-results =
    Those were all of them. Which one would you like?
    .reprompt = Say first, second or third, or look for something else. What would you like?
no-earlier-results =
    That's the start of the list. Which one would you like?
    .reprompt = Say first, second or third, or next to go on. Which would you like?
no-such-choice =
    { $shown ->
        [0] There's no list to choose from yet. What are you looking for?
        [one] There's only one to choose from. Would you like to hear it again, or look for something else?
       *[other] There are { WORDS($shown) } to choose from. Which one would you like?
    }
    .reprompt =
        { $shown ->
            [0] What are you looking for?
           *[other] Which one would you like?
        }
no-such-product =
    I couldn't find { $words }. What else can I look for?
    .reprompt = You can say another name for it, or what kind of thing it is.

## Sold out

substitute =
    { $name }, I'm sorry, we're out of that. Instead there is { $other }, for { $price }{ $count ->
        [0] {""}
       *[other] : { $differs }
    }. Would you like that?
    .reprompt = Would you like { $other } instead? Or say: tell me when it's back.
substitute-price =
    { $dearer ->
        [yes] { $difference } more
       *[no] { $difference } less
    }
substitute-has = { $label } { $value }
# Names a property that the substitute lacks; $label is its name.
substitute-lacks = not { $value }
substitute-none = { $name }, I'm sorry, we're out of that, and nothing else comes near it. Shall I tell you when it's back?
    .reprompt = Shall I tell you when it's back?
will-tell = All right, I'll tell you when we have { $name } again. What else would you like?
    .reprompt = What else would you like?
await-in-stock = We have { $name } in stock. You can say add it, or buy it.
    .reprompt = You can say add it, or buy it.
news = Welcome back. You asked me to tell you: we have { $names } again. What would you like?
    .reprompt = You can say add it, or tell me what you are looking for.

## After the sale

return-which = You can return { $names }. Which one would you like to return?
    .reprompt = Say the name of the thing that you want to return, or cancel.
    .card-title = What you can return
    .card-line = { $title }, order { $number }, until { $day }
return-how-many = How many of the { WORDS($left) } would you like to return?
    .reprompt = How many of { $name } shall go back?
return-reason = What is wrong with { $name }?
    .reprompt = Please tell me in your own words why { $name } shall go back.
return-method = Shall I send you a label, or shall a driver pick it up?
    .reprompt = You can say: a label, or pick it up.
return-confirm =
    { $method ->
        [pickup] You return { $item } from order { $number }; a driver picks it up.
       *[label] You return { $item } from order { $number } with a label.
    } You get { $refund } back. Shall I go ahead?
    .reprompt = Say yes to return it, or no to keep it.
return-none =
    { $why ->
        [early] That hasn't been delivered yet, so it can't be returned. You can cancel an order that isn't packed.
        [late] The time for returning that is over.
        [gone] That has been returned already.
       *[none] I couldn't find that among your orders.
    } What else would you like?
    .reprompt = You can ask for our return policy, or say: talk to a person.
# $by is the day by which the money is back at the latest.
returned =
    { $method ->
        [pickup] All right, you're returning { $item }. A driver picks it up { $day }.
        [label] All right, you're returning { $item }. The label comes by e-mail, to your address at { $email }.
       *[post] All right, you're returning { $item }. The label comes by mail.
    } You get { $refund } { $by } at the latest. What else would you like?
    .reprompt = You can ask where your refund is at any time.
refunds = Is there anything else?
    .reprompt = You can ask about an order, or say what you are looking for.
refunds-none = There is no refund under way for you. What else would you like?
    .reprompt = To return something, say: I want to return something.
refund =
    { $state ->
        [awaited] { $amount } for { $name } comes back when the parcel has reached us, { $by } at the latest.
        [received] Your parcel with { $name } has reached us and is being looked at. { $amount } comes back { $by } at the latest.
        [under-way] { $amount } for { $name } is on its way to you.
        [refused] The return of { $name } was not accepted, so { $amount } isn't paid back. To ask why, say: talk to a person.
       *[paid] { $amount } for { $name } has been paid back.
    }
invoice-sent = The invoice for order { $number } goes to your e-mail address at { $email }. What else would you like?
    .reprompt = What else would you like?
invoice-no-email = There is no e-mail address in your account to send it to. To have one added, say: talk to a person.
    .reprompt = Say: talk to a person, or ask me something else.
complaint-ask = I'm sorry. Please tell me what happened, and I'll write it down word for word.
    .reprompt = Please tell me what happened.
forget-me =
    Everything the shop knows about you would be erased: your name, addresses, lists and preferences. Only what the law has it keep of your orders stays, without your name. This can't be undone. Shall I ask for it?
    .reprompt = Shall I ask the shop to erase everything about you, yes or no?
data-requested =
    All right. Everything the shop keeps about you comes to your e-mail address at { $email }. What else would you like?
    .reprompt = What else would you like?
erasure-requested =
    { $again ->
        [yes] You've asked for that already, and one of our people is on it. What else would you like?
       *[no] All right. One of our people makes sure that it's you, and then erases everything but what the law has us keep. What else would you like?
    }
    .reprompt = What else would you like?
complaint-taken =
    Thank you. I've written that down word for word, and one of our people looks into it. What else would you like?
    .reprompt = What else would you like?
handed-over =
    { $again ->
        [yes] One of our people has been asked for already, and gets to read what we've said since.
       *[no] One of our people takes over, and gets to read what we've said here.
    } You hear from them { $by } at the latest.

## Questions

# $answer is a sentence or two of the merchant's page $source.
policy = Our page on { $source } says: { $answer } What else would you like?
    .reprompt = You can ask something else, or say: talk to a person.
policy-none = I don't have anything written down about that. To ask one of our people, say: talk to a person.
    .reprompt = Say: talk to a person, or ask me something else.
fact = What else would you like?
    .reprompt = You can ask something else about it, or say add it, or buy it.
fact-yes = Yes. The shop lists { $name } as { $value }.
fact-no = No. The shop gives the { $label } of { $name } as { $value }.
fact-brand = The shop names { $value } as the brand of { $name }.
fact-pack =
    { $count ->
        [one] The shop sells { $name } as a single piece.
       *[other] The shop sells { $name } in a pack of { WORDS($count) }.
    }
fact-attribute = The shop gives the { $label } of { $name } as { $value }.
fact-text = Of { $name } the shop says: { $sentence }
fact-silent = The shop doesn't say that of { $name }, so I can't tell you.
compare-nothing = Which two would you like to compare? You can say: compare oat milk and almond milk.
    .reprompt = Find something first, and then say: compare the first and the second.
compare = Which one would you like?
    .reprompt = You can say: the first one, or tell me more about either.
    .card-title = Compared
compare-cheaper = You pay { $difference } less for { $cheaper } than for { $other }.
compare-same-price = You pay { $price } for { $left }, and the same for { $right }.
compare-rated = Shoppers rate { $better } { $stars }, and { $other } { $other-stars }.
compare-rated-same = Shoppers rate both { $stars }.
compare-rated-one = Shoppers have rated only { $name }, with { $stars }.
compare-sold-out = The shop has no { $name } left.
compare-both = The shop gives the { $label } as { $left-value } for { $left }, and as { $right-value } for { $right }.
compare-one = Only of { $name } it gives the { $label }: { $value }.
compare-alike = Otherwise the shop says the same of { $left } and of { $right }.
compare-need = Of { $name } the shop says: { $sentence }
compare-need-attribute = Of { $name } the shop says: { $label } { $value }.
compare-need-neither = The shop doesn't say which is better for { $need }.
compare-card-line = { $label }: { $left } / { $right }

ask-what-product =
    What product are you thinking of?
    .reprompt = You can say a name, or a kind of thing, such as coffee or dog food.
ask-which-one =
    Which one do you mean? { $choices }
    .reprompt = Say first, second or third. Which one do you mean?
ask-which-choice = { NTH($position) }, { $name }.
bad-quantity =
    I can order from one to ninety-nine at a time. How many would you like?
    .reprompt = Say a number from one to ninety-nine.

product =
    You can say add it, or buy it. What would you like?
    .reprompt = Say add it to put it in your basket, or buy it to order it now.
    .card-title = { $title }
product-gone =
    What else would you like?
    .reprompt = What else can I look for?
product-price = { $name }: { $price }.
product-delivery = Delivery { $day }.
product-rating = Rated { $stars } out of 5 from { $reviews }.
product-stock-none = Out of stock right now.
product-stock-few =
    { $stock ->
        [one] There's only one left.
       *[other] There are only { WORDS($stock) } left.
    }
product-focus-price = { $price } for { $name }.
product-focus-stock = Yes, we have { $name } in stock.
product-focus-stock-few =
    { $stock ->
        [one] Yes, but there's only one left of { $name }.
       *[other] Yes, but there are only { WORDS($stock) } left of { $name }.
    }
product-focus-stock-none = No, we're out of { $name } right now.
product-focus-rating = { $stars } out of 5 for { $name }, from { $reviews }.
product-focus-rating-none = Nobody has rated { $name } yet.
product-focus-delivery = { $day }, if you order { $name } now.
product-focus-delivery-none = I don't have a delivery day for { $name }.
card-fact = { $label }: { $value }
# What stands on a screen beside the words. The hints are what a shopper may say next; buttons do what their words do.
screen-place = { $position }. { $title }
screen-which-one = Which one?
screen-hint-results = the second one
screen-hint-basket = check out
screen-ask-checkout = Say “yes” to order, or “no” to leave it.
screen-add = Add it to my basket
screen-buy = Buy it
screen-tell-when-back = Tell me when it’s back
screen-checkout = Check out
screen-not-now = No thanks
screen-total = Total
screen-charge = Delivery charge
screen-tax = Tax
screen-discount = Coupon
screen-address = Delivered to
screen-placed = Placed
screen-step =
    { $known ->
        [yes] { $label }, { $day }, { $state ->
            [done] done
            [now] now
           *[later] still to come
        }
       *[no] { $label }, { $state ->
            [done] done
            [now] now
           *[later] still to come
        }
    }
label-price = Price
label-rating = Rating
label-stock = Stock
label-delivery = Delivery
label-brand = Brand
stock-printed =
    { $stock ->
        [0] out of stock
       *[other] { $stock-printed } in stock
    }
rating-printed = { $stars } of 5 ({ $count })
reviews =
    { $count ->
        [one] one review
       *[other] { $rounded } reviews
    }

## Orders

tracked =
    Is there anything else?
    .reprompt = You can ask for another order, or say stop.
    .card-title = Order { $number }
    .card-placed = Placed { $day }, { $total }
    .card-line = { $count } × { $title }
    .card-parcel = { $carrier } { $tracking }: { $state }
    .card-parcel-day = { $carrier } { $tracking }: { $state }, { $day }
tracked-several =
    Which order would you like to hear about?
    .reprompt = You can say an order number, or name something in it. Which order would you like?
    .card-title = { $count } orders
    .card-line = { $number }, { $day }: { $things }, { $total }, { $state }
tracked-intro = I found { WORDS($count) } orders. Here are the latest { WORDS($shown) }.
tracked-intro-all = I found { WORDS($count) } orders.
orders-line = Order { DIGITS($number) }, from { $day }, { $things }, is { $state }.
orders-line-day = Order { DIGITS($number) }, from { $day }, { $things }, is { $state } and should arrive { $expected }.
orders-line-one = It's order { DIGITS($number) }, from { $day }: { $things }. It's { $state }.

subject-latest = Your latest order, { $things },
subject-number = Order { DIGITS($number) }, { $things },
subject-product = Your order with { $things }
subject-placed = Your order from { $day }, { $things },
subject-parcel = The { NTH($position) }, with { $things },
subject-parcel-product = The parcel with { $things }
parcels-intro = { $subject } comes in { WORDS($count) } parcels.
parcels-more =
    { $count ->
        [one] There's one more parcel.
       *[other] There are { WORDS($count) } more parcels.
    }

status-placed-time = { $subject } has been placed and isn't packed yet. It should come { $time }.
status-placed = { $subject } has been placed and isn't packed yet.
status-packed = { $subject } is packed and will be shipped soon.
status-packed-day = { $subject } is packed and should arrive { $day }.
status-shipped = { $subject } is on its way with { $carrier }.
status-shipped-day = { $subject } is on its way with { $carrier } and should arrive { $day }.
status-shipped-late = { $subject } is on its way with { $carrier }. It was expected { $day } and isn't there yet.
status-out_for_delivery = { $subject } is out for delivery with { $carrier }.
status-out_for_delivery-day = { $subject } is out for delivery with { $carrier } and should arrive { $day }.
status-delivered = { $subject } was delivered.
status-delivered-day = { $subject } was delivered { $day }.
status-delayed = { $subject } is delayed. There's no new day yet.
status-delayed-day = { $subject } is delayed and should now arrive { $day }.
status-delayed-promised = { $subject } is delayed. It was due { $promised } and should now arrive { $day }.
status-delayed-promised-only = { $subject } is delayed. It was due { $promised }, and there's no new day yet.
status-returned = { $subject } was returned.
status-cancelled = { $subject } was cancelled.

state-placed = placed
state-packed = packed
state-shipped = on its way
state-out_for_delivery = out for delivery
state-delivered = delivered
state-delayed = delayed
state-returned = returned
state-cancelled = cancelled
carrier-unnamed = the carrier

no-orders =
    You don't have any orders here yet. What would you like to find?
    .reprompt = What are you looking for?
no-such-order =
    { $about ->
        [number] I couldn't find order { DIGITS($number) }. What's the order number?
        [product] I couldn't find an order with { $words }. What else was in it, or what's its number?
        [day] I couldn't find an order from { $day }. What was in it, or what's its number?
        [days] I couldn't find an order from { $day } to { $until }. What was in it, or what's its number?
       *[latest] I couldn't find that order. What's the order number?
    }
    .reprompt = You can say the number digit by digit, or name something you ordered.
ask-order-number =
    What's the order number?
    .reprompt = You can say it digit by digit, or ask for your latest order.
awaiting-link =
    { $today ->
        [yes] Your order of { $things }, for { $total }, isn't placed yet: it waits for you to pay. The link is at your address at { $email }, and it's good until { $time }.
       *[no] Your order of { $things }, for { $total }, isn't placed yet: it waits for you to pay. The link is at your address at { $email }, and it's good until { $time } { $day }.
    }
awaiting-answer = I can't tell yet whether the payment of { $total } for { $things } went through, so it isn't ordered yet. You won't be charged twice.
awaiting =
    Is there anything else?
    .reprompt = You can ask for another order, or say stop.
awaiting-again =
    Shall I send the link again?
    .reprompt = Shall I send you the link to pay again, yes or no?
ask-drop-link =
    Your order of { $things }, for { $total }, isn't placed yet: it waits for you to pay. Shall I let it go?
    .reprompt = Shall I let it go and end the link, yes or no?

## Basket

basket =
    To order, say check out. What would you like to do?
    .reprompt = Say check out to order, or name something to add or remove.
    .card-title = Your basket: { $total }
    .card-line = { $count } × { $title }: { $price }
basket-items = Your basket has { $items }, { $total }.
basket-items-several = Your basket has { $items }, { $total } in all.
basket-empty =
    Your basket is empty. What are you looking for?
    .reprompt = You can say, for example: find coffee.
added =
    { $alone ->
        [yes] Added { $item }. That's { $total }. What else, or shall we check out?
       *[no] Added { $item }. Your basket is { $total } now. What else, or shall we check out?
    }
    .reprompt = Name something else, or say check out.
    .card-title = Added to your basket
    .card-text =
        { $printed-item }
        Basket: { $printed-total }
added-and =
    { $alone ->
        [yes] Added { $item }. That's { $total }.
       *[no] Added { $item }. Your basket is { $total } now.
    }
# Ideas. What comes before the question says why.
suggest =
    { $count ->
        [one] Shall I add it?
       *[other] Shall I add that?
    }
    .reprompt = Shall I add { $name }? Yes or no is fine.
suggest-habit =
    { $unit ->
        [day] You buy { $item } every day or so, and it's about time for more.
        [week] You buy { $item } about every { $every ->
            [one] week
           *[other] { WORDS($every) } weeks
        }, and it's about time for more.
       *[month] You buy { $item } about every { $every ->
            [one] month
           *[other] { WORDS($every) } months
        }, and it's about time for more.
    }
suggest-own = You often buy { $item }.
suggest-companion = People who buy { $of } often take { $item } as well, for { $price }.
suggest-popular = Many people here buy { $item }, for { $price }.
suggest-nothing =
    Nothing comes to mind that you'd be missing. What would you like?
    .reprompt = Name something, or say check out.
suggest-nothing-with =
    I don't know of anything that people often take with { $name }. What would you like?
    .reprompt = Name something, or say check out.
suggest-nothing-more =
    That's all I can think of. What would you like?
    .reprompt = Name something, or say check out.
added-each = Added { $items }.
moved-each = In your basket now: { $items }.
left-there =
    { $shelf ->
        [saved] That stays saved for later.
       *[list] That stays on your list.
    }
basket-now = Your basket is { $total } now.
what-else =
    What else, or shall we check out?
    .reprompt = Name something else, or say check out.
added-pieces = { $item } holding { WORDS($pieces) }
cannot-all =
    Nothing is added yet. I can get { $items }. Shall I?
    .reprompt = I can get { $items }. Shall I? Yes or no is fine.
cannot-any =
    I haven't added anything. What else can I look for?
    .reprompt = What else can I look for?
missing-unknown = I couldn't find { $name }.
missing-sold-out = { $name } is out of stock.
missing-short =
    { $left ->
        [0] All there is of { $name } is in your basket already.
        [one] There's only one more of { $name }.
       *[other] There are only { WORDS($left) } of { $name }.
    }
missing-too-many = That's more { $name } than I can order at a time.
changed = Now it's { $item }.
ask-what-for-list =
    What shall I write on your shopping list?
    .reprompt = You can say, for example: milk and a dozen eggs.
put-on-list =
    { $count ->
        [one] I wrote down { $items }. What else?
       *[other] I wrote down { $items }. There are { WORDS($count) } things on your shopping list. What else?
    }
    .reprompt = Name something else, or say: put my list in my basket.
written-count = { WORDS($count) } { $name }
saved-for-later =
    { $left ->
        [0] I saved { $name } for later. Your basket is empty now. What would you like?
       *[other] I saved { $name } for later. What would you like to do?
    }
    .reprompt = You can say: what have I saved for later.
shelf =
    { $shelf ->
        [saved] Saved for later: { $items }. What would you like to do?
       *[list] On your shopping list: { $items }. What would you like to do?
    }
    .reprompt =
        { $shelf ->
            [saved] You can say: move everything back to my basket.
           *[list] You can say: put my list in my basket.
        }
    .card-title =
        { $shelf ->
            [saved] Saved for later
           *[list] Shopping list
        }
shelf-empty =
    { $shelf ->
        [saved] Nothing is saved for later. What would you like?
       *[list] Your shopping list is empty. What shall I write down?
    }
    .reprompt =
        { $shelf ->
            [saved] What are you looking for?
           *[list] You can say, for example: add milk to my shopping list.
        }
taken-off-shelf =
    { $left ->
        [0] Crossed off { $name }. That was the last thing. What would you like?
        [one] Crossed off { $name }, and one thing is left. What would you like?
       *[other] Crossed off { $name }, and { WORDS($left) } things are left. What would you like?
    }
    .reprompt = You can say: what's on my shopping list.
ask-clear-shelf =
    { $count ->
        [one] There's one thing on it. Shall I cross it off?
       *[other] There are { WORDS($count) } things on it. Shall I cross them all off?
    }
    .reprompt = Shall I clear it? Yes or no is fine.
shelf-cleared =
    { $shelf ->
        [saved] Nothing is saved for later any more. What would you like?
       *[list] Your shopping list is empty now. What would you like?
    }
    .reprompt = What would you like?
not-on-shelf =
    { $shelf ->
        [saved] There's no { $name } saved for later. What would you like?
       *[list] There's no { $name } on your shopping list. What would you like?
    }
    .reprompt = You can say: what's on my shopping list.
then =
    And then you said: { $words }. Shall I do that now?
    .reprompt = You said: { $words }. Shall I do that now, yes or no?
removed =
    { $left ->
        [0] Removed { $name }. Your basket is empty now. What would you like?
        [one] Removed { $name }, and one thing is left in your basket. What would you like to do?
       *[other] Removed { $name }, and { WORDS($left) } things are left in your basket. What would you like to do?
    }
    .reprompt = You can find something, hear your basket, or say stop.
not-in-basket =
    There's no { $name } in your basket. What would you like to do?
    .reprompt = You can say: what's in my basket.
ask-empty-basket =
    { $count ->
        [one] There's one thing in your basket. Shall I remove it?
       *[other] There are { WORDS($count) } things in your basket. Shall I remove them all?
    }
    .reprompt = Shall I empty the basket? Yes or no is fine.
basket-emptied =
    Your basket is empty now. What would you like?
    .reprompt = You can say, for example: find coffee.

## Buying

confirm-changed = The offer has changed.
confirm-pick = { $offer }
confirm-basket = Your basket: { $offer }
confirm-reorder = Ordering again: { $offer }
confirm-usual = Your usual: { $offer }
confirm-offer = { $items }, for { $total }.
confirm-offer-day = { $items }, for { $total }, arriving { $day }.
confirm-offer-several = { $items }, for { $total } in all.
confirm-offer-several-day = { $items }, for { $total } in all, arriving { $day }.
confirm-more =
    { $count ->
        [one] one more thing
       *[other] { WORDS($count) } more things
    }
confirm-price-up = The price of { $name } has gone up from { $before } to { $now }.
confirm-price-down = The price of { $name } has come down from { $before } to { $now }.
confirm-price-more =
    { $count ->
        [one] One other price has changed.
       *[other] { WORDS($count) } other prices have changed.
    }
confirm-unavailable = Not available right now, and left out: { $names }.
confirm-purchase =
    Shall I place the order?
    .reprompt = { $offer } Shall I place the order, yes or no?
    .card-title = Order for { $printed-total }?
    .card-line = { $count } × { $title }: { $price }
    .card-total = Total: { $price }
    .card-day = Arriving { $day }
    .card-unavailable = Not available: { $name }
    .card-change = { $name }: was { $before }, now { $now }
confirm-purchase-again =
    Shall I place the order, yes or no?
    .reprompt = Say yes to order, or no to leave it. Shall I place the order?
bought =
    { $known ->
        [time] Ordered: { $items }, for { $total }. It comes { $day }. Your order number is { DIGITS($number) }.
        [yes] Ordered: { $items }, for { $total }. It should arrive { $day }. Your order number is { DIGITS($number) }.
       *[no] Ordered: { $items }, for { $total }. Your order number is { DIGITS($number) }.
    }
    .card-title = Order { $number }
    .card-line = { $count } × { $title }: { $price }
    .card-total = Total: { $price }
    .card-day = Arriving { $day }
bought-again =
    { $known ->
        [time] That's already ordered, so I didn't order it twice: { $items }, for { $total }. It comes { $day }. The order number is { DIGITS($number) }.
        [yes] That's already ordered, so I didn't order it twice: { $items }, for { $total }. It should arrive { $day }. The order number is { DIGITS($number) }.
       *[no] That's already ordered, so I didn't order it twice: { $items }, for { $total }. The order number is { DIGITS($number) }.
    }
confirm-caution = Careful: by its description, { $name } has { $what } in it.
confirm-misfit = Mind the size of { $name }: { $size }, which is not the one you told me.
confirm-repeat = Mind that you ordered { $names } only a few hours ago.
confirm-delivery = { $price } for delivery
confirm-tax = { $price } of tax
confirm-includes = That includes { $parts }.
confirm-discount = The coupon { $code } takes off { $price }.
confirm-address = It goes to { $line }.
confirm-address-gone = I may no longer use the address that I named before.
confirm-slot = It comes { $time }.
slot =
    { $same ->
        [yes] { $day }, between { $from } and { $to } in the { $part }
       *[no] { $day }, between { $from } in the { $part } and { $to } in the { $until }
    }
clock =
    { $minute ->
        [0] { WORDS($hour) }
        [15] quarter past { WORDS($hour) }
        [30] half past { WORDS($hour) }
       *[other] { WORDS($hour) } { WORDS($minute) }
    }
slot-printed = { $day }, { $from } to { $to }

## Delivery times

delivery-time-nth = { NTH($position) }, { $time }.
delivery-times =
    { $fits ->
        [yes] { $count ->
            [one] There's one time: { $times }. Shall I take it?
           *[other] I have these times. { $times } Which one would you like?
        }
       *[no] { $count ->
            [one] That time isn't free. The nearest is { $times }. Shall I take it?
           *[other] That time isn't free. The nearest are these. { $times } Which one would you like?
        }
    }
    .reprompt =
        { $count ->
            [one] { $times }. Yes or no is fine.
           *[other] Say first, second or third, or name another day. Which one would you like?
        }
    .card-title = Delivery times
delivery-chosen =
    Your next order comes { $time }. What would you like?
    .reprompt = Say check out to order, or find something.
delivery-no-times =
    This shop has no delivery times to choose from. When you order, I say the day it should arrive. What would you like?
    .reprompt = What would you like?
delivery-full =
    Every delivery time is taken for the next two weeks. What would you like?
    .reprompt = What would you like?
no-delivery-time =
    Every delivery time is taken for the next two weeks, so I can't take an order now. Nothing was ordered. What else would you like?
    .reprompt = You can say: save it for later, or ask me something else.
delivery-confirm =
    { $what ->
        [address] Shall order { DIGITS($number) } go to { $to } instead?
       *[time] Shall order { DIGITS($number) } come { $to } instead?
    }
    .reprompt = Shall I change order { DIGITS($number) }, yes or no?
delivery-changed =
    { $what ->
        [address] Done. Order { DIGITS($number) } goes to { $to }. What else would you like?
       *[time] Done. Order { DIGITS($number) } comes { $to }. What else would you like?
    }
    .reprompt = What else would you like?
delivery-already =
    { $what ->
        [address] Order { DIGITS($number) } goes to { $to } already. What else would you like?
       *[time] Order { DIGITS($number) } comes { $to } already. What else would you like?
    }
    .reprompt = What else would you like?
delivery-too-late =
    { $state ->
        [cancelled] Order { DIGITS($number) } is cancelled, so there's nothing to change. What else would you like?
        [returned] Order { DIGITS($number) } was returned, so there's nothing to change. What else would you like?
        [delivered] Order { DIGITS($number) } was delivered already. What else would you like?
       *[other] Order { DIGITS($number) } is packed already, so I can't change where or when it comes. What else would you like?
    }
    .reprompt = You can ask where it is, or say: talk to a person.
delivery-which-address =
    Which address shall it go to? I know { $known }.
    .reprompt = You can say: { $known }.
delivery-kept =
    Okay, nothing is changed. What else would you like?
    .reprompt = What else would you like?

## Terms

coupon-held =
    The coupon { $code } takes { WORDS($percent) } percent off your next order. What would you like?
    .reprompt = Say check out to order, or find something.
coupon-refused =
    { $why ->
        [expired] The coupon { $code } has expired. What would you like?
        [used] You've used the coupon { $code } already. What would you like?
       *[unknown] There's no coupon { $code }. What would you like?
    }
    .reprompt = You can say: use coupon, and the code.
ask-coupon =
    Which coupon? You can say: use coupon, and the code.
    .reprompt = You can say: use coupon, and the code.
address-chosen =
    Your orders go to { $line } now. What would you like?
    .reprompt = Say check out to order, or find something.
# What only the device can do that the shopper speaks through.
errand-not-here =
    { $wish ->
        [address] I only get an Alexa address when you speak to me through Alexa. What would you like?
        [reminders] Reminders are with Alexa, so I can only cancel one when you speak to me through Alexa. What would you like?
       *[reminder] I can only set reminders when you speak to me through Alexa. What would you like?
    }
    .reprompt = What would you like?
errand-no-leave =
    { $wish ->
        [address] You haven't allowed me to know that address yet. I have put a card in the Alexa app: allow it there, then ask me again. What else would you like?
        [reminders] You haven't allowed me to look after your reminders. I have put a card in the Alexa app: allow it there, then ask me again. What else would you like?
       *[reminder] You haven't allowed me to set reminders yet. I have put a card in the Alexa app: allow it there, then ask me again. What else would you like?
    }
    .reprompt = What else would you like?
errand-failed =
    { $wish ->
        [address] I couldn't get your address from Alexa just now, so nothing has changed. What would you like?
        [reminders] I couldn't get at your reminders, so please count on none being cancelled. What would you like?
       *[reminder] I couldn't set that reminder, so please don't count on it. What would you like?
    }
    .reprompt = You can ask me again, or for something else.
errand-no-address =
    Your Alexa device has no address yet. You can enter one in the Alexa app. What would you like?
    .reprompt = What would you like?
errand-placeless = I don't know where to deliver this. I have put a card in the Alexa app: allow me your address there, and then say, deliver it to my Alexa address.
remind-ask =
    { $about ->
        [arrival] Shall I remind you { $day }, at nine in the morning, that { $things } should arrive?
       *[order] Shall I remind you { $day }, at nine in the morning, to order { $things }?
    }
    .reprompt = Shall I set the reminder, yes or no?
remind-made =
    { $about ->
        [arrival] I'll remind you { $day } that { $things } should arrive. What else would you like?
       *[order] I'll remind you { $day } to order { $things }. What else would you like?
    }
    .reprompt = What else would you like?
remind-due =
    { $about ->
        [arrival] Today { $things } should arrive.
       *[order] You wanted to order { $things }.
    }
    .reprompt = What would you like?
remind-which-day =
    Please tell me what to remind you of and when, in one sentence: remind me to order dog food next Friday.
    .reprompt = You can say: remind me to order dog food next Friday.
remind-too-soon =
    That is today already, or gone by, so there is nothing to remind you of. What would you like?
    .reprompt = You can name another day, or ask for something else.
remind-nothing-coming =
    You have no order on its way with a day that I know. What would you like?
    .reprompt = You can ask where an order is, or for something else.
remind-none =
    There is no reminder of mine to cancel. What would you like?
    .reprompt = What would you like?
remind-nth = { NTH($position) }, { $day }: { $words }.
remind-which =
    These reminders come next. { $reminders } Which one shall I cancel?
    .reprompt = Say first, second or third, or no to keep them all. Which one shall I cancel?
remind-ask-cancel =
    There's a reminder { $day }: { $words }. Shall I cancel it?
    .reprompt = Shall I cancel that reminder, yes or no?
remind-cancelled =
    The reminder { $day } is cancelled. What else would you like?
    .reprompt = What else would you like?
no-such-address =
    { $count ->
        [0] There's no address in your account; the shop can add one. What would you like?
       *[other] I know these addresses of yours: { $known }. What would you like?
    }
    .reprompt = You can say: send it to, and the name of the address.
ask-pin =
    Please say your four-digit PIN, one digit at a time.
    .reprompt = Your PIN, digit by digit, or say no to leave it.
ask-pin-again =
    { $left ->
        [one] That's not the PIN. You can try once more. Your PIN, digit by digit?
       *[other] That's not the PIN. You can try { WORDS($left) } more times. Your PIN, digit by digit?
    }
    .reprompt = Your PIN, digit by digit, or say no to leave it.
pin-locked =
    { $minutes ->
        [one] There were too many wrong PINs, so I can't order anything for another minute. Nothing has been ordered.
       *[other] There were too many wrong PINs, so I can't order anything for { WORDS($minutes) } minutes. Nothing has been ordered.
    }
over-limit =
    { $per ->
        [day] That would be more than the { $limit } you can spend in a day by voice, so I haven't ordered it. What would you like to do?
       *[order] That's { $total }, and an order by voice may be { $limit } at most, so I haven't ordered it. What would you like to do?
    }
    .reprompt = You can take something out of your basket, or do something else.
time-of-day = { $clock } in the { $part }
offer-link =
    Shall I send you a link to pay for it?
    .reprompt = Shall I send you the link, yes or no?
link-sent =
    { $again ->
        [yes] I've sent you that link already, to your address at { $email }.
       *[no] I've sent a link for { $total } to your address at { $email }.
    } { $today ->
        [yes] I'll keep everything for you until { $time }. It's ordered as soon as you've paid.
       *[no] I'll keep everything for you until { $time } { $day }. It's ordered as soon as you've paid.
    }
link-sent-again =
    { $today ->
        [yes] I've sent the link for { $total } to your address at { $email } again. I'll keep everything for you until { $time }. It's ordered as soon as you've paid.
       *[no] I've sent the link for { $total } to your address at { $email } again. I'll keep everything for you until { $time } { $day }. It's ordered as soon as you've paid.
    }
no-link =
    { $why ->
        [ended] That link doesn't count any more, so I haven't sent it again. What would you like?
        [not-offered] This shop doesn't send payment links, so nothing is ordered. To order with what's on file, say check out. What would you like?
        [no-email] I have no e-mail address of yours to send a link to, so nothing is ordered. The shop can add one. What would you like?
       *[no-method] There's no way to pay in your account yet, so nothing is ordered. The shop can add one. What would you like?
    }
    .reprompt = You can find something else, or say: talk to a person.
link-dropped =
    Okay, the link no longer counts, and nothing is ordered. What else would you like?
    .reprompt = What else would you like?
payment-declined =
    The payment of { $total } was declined, so nothing is ordered. Your basket is as it was. What would you like to do?
    .reprompt = You can try again by saying check out, or do something else.
payment-pending =
    I can't tell yet whether the payment of { $total } went through. You won't be charged twice: I'll finish the order or undo it by myself. In a few minutes, ask me where your order is.
ask-cancel-order =
    Order { DIGITS($number) }, { $things }, for { $total }. Shall I cancel it?
    .reprompt = Shall I cancel order { DIGITS($number) }, yes or no?
order-cancelled =
    { $paid ->
        [yes] Order { DIGITS($number) }, { $things }, is cancelled, and { $total } will be paid back. What else would you like?
       *[no] Order { DIGITS($number) }, { $things }, is cancelled. There's nothing to pay. What else would you like?
    }
    .reprompt = What else would you like?
too-late-to-cancel =
    { $state ->
        [cancelled] Order { DIGITS($number) }, { $things }, is cancelled already. What else would you like?
        [returned] Order { DIGITS($number) }, { $things }, was returned already. What else would you like?
        [delivered] Order { DIGITS($number) }, { $things }, was delivered already, so I can't cancel it. What else would you like?
       *[other] Order { DIGITS($number) }, { $things }, is packed already, so I can't cancel it. What else would you like?
    }
    .reprompt = What else would you like?
offer-gone =
    Sorry, that can no longer be had as I offered it, so nothing is ordered and nothing is charged. What would you like instead?
    .reprompt = You can ask for it again, or find something else.

not-bought =
    Okay, I haven't ordered anything. What would you like instead?
    .reprompt = You can find something else, or say stop.
too-many-to-agree =
    That's { WORDS($count) } different things, more than I can read back to you. Nothing was ordered. Take some out, or order a part of them. What would you like?
    .reprompt = You can say what's in my basket, or remove and the name of a thing. What would you like?
out-of-stock =
    Sorry, out of stock right now: { $names }. What else can I look for?
    .reprompt = What else can I look for?
short-stock =
    { $stock ->
        [0] Sorry, { $name } is out of stock right now. What else can I look for?
        [one] There's only one left of { $name }. Would you like it?
       *[other] There are only { WORDS($stock) } left of { $name }. Shall I make it { WORDS($stock) }?
    }
    .reprompt =
        { $stock ->
            [0] What else can I look for?
            [one] Would you like the last one? Yes or no is fine.
           *[other] Shall I make it { WORDS($stock) }? Yes or no is fine, or say a smaller number.
        }
never-bought =
    I couldn't find { $words } in your earlier orders. Shall I look in the shop?
    .reprompt = Shall I look in the shop? Yes or no is fine.
no-usual =
    I don't know your usual yet; it takes a few orders to learn. What would you like to find?
    .reprompt = What are you looking for?

## How it is said

pace-slower =
    Okay, I'll speak slower. What would you like?
    .reprompt = What would you like?
pace-faster =
    Okay, I'll speak faster. What would you like?
    .reprompt = What would you like?
pace-normal =
    Okay, I'll speak at my usual pace. What would you like?
    .reprompt = What would you like?
pace-slowest =
    This is as slowly as I can speak. What would you like?
    .reprompt = What would you like?
pace-fastest =
    This is as fast as I can speak. What would you like?
    .reprompt = What would you like?
spelled =
    { $words }. Is there anything else?
    .reprompt = Say spell that to hear it again. What would you like?
    .card-title = Spelled out
    .card-text = { $plain }
spelled-run = { SPELL($word) }
spelled-part = { $head }, { $part }
spelled-next = { $head }.{ PAUSE(ms: 400) } { $word }
# Signs, by name.
sign =
    { $sign ->
        [hyphen] hyphen
        [apostrophe] apostrophe
        [ampersand] and sign
        [dot] dot
        [comma] comma
        [slash] slash
        [plus] plus
        [percent] percent
        [number] number sign
        [at] at sign
        [bracket] bracket
        [quote] quote
       *[other] sign
    }

## Pieces

list-two = { $first } and { $second }
list-next = { $head },{ PAUSE(ms: 150) } { $item }
list-last = { $head }{ PAUSE(ms: 150) } and { $item }
between-items = { PAUSE(ms: 300) }

# A name with how many. The lists below tell what is counted how.
counted-plain =
    { $count ->
        [one] one { $name }
       *[other] { WORDS($count) } { $plural }
    }
counted-container = { WORDS($count) } { $phrase }
counted-pair =
    { $count ->
        [one] one pair of { $name }
       *[other] { WORDS($count) } pairs of { $name }
    }
counted-pack =
    { $count ->
        [one] one pack of { $name }
       *[other] { WORDS($count) } packs of { $name }
    }
counted-of =
    { $count ->
        [one] one { $name }
       *[other] { WORDS($count) } of the { $name }
    }
the = the { $name }
the-and-more =
    { $count ->
        [one] { $name } and one other thing
       *[other] { $name } and { WORDS($count) } other things
    }
# Words a name may begin with that "the" replaces.
articles = a an the
# Containers, one and many.
containers =
    bag bags, bottle bottles, box boxes, bundle bundles, can cans, carton cartons, case cases, dozen dozen, jar jars,
    pack packs, package packages, packet packets, pair pairs, pouch pouches, roll rolls, sack sacks, set sets,
    tin tins, tray trays, tub tubs, tube tubes
# Things that come in twos, and stuff that is not counted by itself.
pairs =
    boots earbuds earphones earplugs glasses gloves goggles headphones jeans leggings mittens oven-mitts pajamas pants
    pliers pyjamas sandals scissors shears shoes shorts slippers sneakers socks sunglasses sweatpants tights trainers
    trousers tweezers
stuff =
    bacon beef bread butter cereal cheese chicken chocolate cinnamon cleaner coffee conditioner cream detergent fish
    flour foil food fruit garlic gum hay ham honey jam jerky juice kibble lettuce litter meat milk mustard oatmeal oil
    paper pasta pepper popcorn pork powder quinoa rice salad salmon salsa salt sauce seasoning shampoo soap soda soup
    spaghetti spinach spray sugar syrup tape tea toothpaste tofu tuna turkey vinegar water wine wrap yarn yeast yogurt
# Where the thing's own name ends, so that its last word is what is counted.
name-tails = with for in from by of without and plus

# Money: how it is said and how it is printed.
money-whole = { WORDS($whole) } { $unit }
money-part = { WORDS($part) } { $unit }
money-both = { $whole } and { $part }
money-negative = minus { $amount }
currency-USD =
    .whole = { $whole ->
            [one] dollar
           *[other] dollars
        }
    .part = { $part ->
            [one] cent
           *[other] cents
        }
    .printed = ${ $amount }
currency-EUR =
    .whole = { $whole ->
            [one] euro
           *[other] euros
        }
    .part = { $part ->
            [one] cent
           *[other] cents
        }
    .printed = €{ $amount }
currency-GBP =
    .whole = { $whole ->
            [one] pound
           *[other] pounds
        }
    .part = { $part ->
            [one] penny
           *[other] pence
        }
    .printed = £{ $amount }
currency-CAD =
    .whole = { $whole ->
            [one] Canadian dollar
           *[other] Canadian dollars
        }
    .part = { $part ->
            [one] cent
           *[other] cents
        }
    .printed = CA${ $amount }
currency-AUD =
    .whole = { $whole ->
            [one] Australian dollar
           *[other] Australian dollars
        }
    .part = { $part ->
            [one] cent
           *[other] cents
        }
    .printed = A${ $amount }
currency-CHF =
    .whole = { $whole ->
            [one] Swiss franc
           *[other] Swiss francs
        }
    .part = { $part ->
            [one] centime
           *[other] centimes
        }
    .printed = CHF { $amount }
currency-INR =
    .whole = { $whole ->
            [one] rupee
           *[other] rupees
        }
    .part = { $part ->
            [one] paisa
           *[other] paise
        }
    .printed = ₹{ $amount }
currency-JPY =
    .whole = yen
    .part = sen
    .printed = ¥{ $amount }
currency-SEK =
    .whole = { $whole ->
            [one] Swedish krona
           *[other] Swedish kronor
        }
    .part = öre
    .printed = { $amount } kr
currency-PLN =
    .whole = { $whole ->
            [one] zloty
           *[other] zlotys
        }
    .part = groszy
    .printed = { $amount } zł
# Any other: by its code.
currency-other =
    .whole = { $code }
    .part = hundredths
    .printed = { $code } { $amount }

# Days. "on" is part of the phrase where it is needed.
day-today = today
day-tomorrow = tomorrow
day-yesterday = yesterday
day-near = { $weekday }
day-near-past = last { $weekday }
day-far = { $weekday }, { $month } { $nth }
day-other-year = { $weekday }, { $month } { $nth }, { $year }
on-day = on { $day }
day-printed = { $month } { $day }, { $year }
nth-day =
    { NUMBER($day, type: "ordinal") ->
        [one] { $day }st
        [two] { $day }nd
        [few] { $day }rd
       *[other] { $day }th
    }
weekday =
    { $weekday ->
        [1] Monday
        [2] Tuesday
        [3] Wednesday
        [4] Thursday
        [5] Friday
        [6] Saturday
       *[7] Sunday
    }
month =
    { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    }
# A count too long to say: about so many hundreds or thousands.
about-number = over { WORDS($number) }

## What shoppers tell about themselves

avoided = { $what ->
    [peanuts] peanuts
    [nuts] nuts
    [milk] milk
    [eggs] eggs
    [gluten] gluten
    [soy] soy
    [fish] fish
    [shellfish] shellfish
    [sesame] sesame
    [alcohol] alcohol
    [meat] meat
   *[animal_products] animal products
}
avoiding = I'll remember, and warn you before you buy anything whose description names { $what }. I only know what the shop wrote, so please check the label too. What would you like?
    .reprompt = What would you like?
eating = Okay, I won't warn you about { $what } any more. What would you like?
    .reprompt = What would you like?
cannot-avoid = I can't look out for that. I can warn you about { $known }. What would you like?
    .reprompt = What would you like?
my-preferences = { $count ->
    [0] You haven't told me of anything you avoid.
   *[other] I warn you about { $names }.
} { $pace ->
    [100] I speak at my usual pace.
   *[other] I speak at { WORDS($pace) } percent of my usual pace.
} What would you like?
    .reprompt = What would you like?
worn = { $of ->
    [shoes] size { $size } in shoes
   *[clothes] size { $size } in clothes
}
size-and-half = { $whole } and a half
my-sizes = You wear { $sizes }.
my-likes = You like { $names }.
my-dislikes = You'd rather not have { $names }.
my-brevity = You want short answers.
size-kept = I'll remember { $size }: what fits comes first, and I'll tell you before you buy another size. What would you like?
    .reprompt = What would you like?
brand-liked = I'll remember that you like { $name }: its things come first. What would you like?
    .reprompt = What would you like?
brand-disliked = Okay, I'll name { $name } last. What would you like?
    .reprompt = What would you like?
now-brief = Okay, I'll keep it short.
    .reprompt = What would you like?
now-full = Okay, I'll tell you more. What would you like?
    .reprompt = What would you like?
forgotten = { $what ->
    [sizes] Okay, I've forgotten your sizes.
    [brands] Okay, I've forgotten which brands you like and don't like.
    [allergies] Okay, I've forgotten what you avoid, and I won't warn you any more.
   *[everything] Okay, I've forgotten all you told me about yourself. Your orders and your basket are still there.
} What would you like?
    .reprompt = What would you like?
ask-size = Which size do you wear? You can say: I wear a medium, or: my shoe size is nine and a half.
    .reprompt = You can say: I wear a medium, or: my shoe size is nine and a half.
ask-forget = { $what ->
    [allergies] Then I won't warn you of what you can't eat any more. Shall I forget your allergies and your diet?
   *[everything] Shall I forget all you told me about yourself: sizes, brands, how I speak, and what you can't eat? Your orders stay.
}
    .reprompt = Shall I forget it? Yes or no is fine.

## One profile over all doors

link-code = Your link code is { DIGITS($code) }. Within ten minutes, tell the other device or type there: my link code is, and these six digits. Then your orders, your basket and what you told me are the same on both. Only tell it to a device of yours.
    .reprompt = Your link code is { DIGITS($code) }. What would you like?
link-code-gone = I say a link code only once. Say link my devices for a new one. What would you like?
    .reprompt = What would you like?
ask-link-code = On the device that knows you, say link my devices. Then tell me the six digits, one by one. What are they?
    .reprompt = Which six digits are they?
confirm-link = That code is good. From now on that device and this one are one customer: both know the orders, the basket and what was told, and both can buy. Shall I link them?
    .reprompt = Shall I link them? Yes or no is fine.
link-joined = Done. Your orders, your basket and what you told me are the same on both now. What would you like?
    .reprompt = What would you like?
link-wrong = I don't know that code. { $left ->
    [one] You have one try left.
   *[other] You have { WORDS($left) } tries left.
} Which six digits are they?
    .reprompt = Which six digits are they?
link-locked = That's too many wrong codes. Please try again in { $minutes ->
    [one] a minute
   *[other] { WORDS($minutes) } minutes
}. What would you like?
    .reprompt = What would you like?
link-own = That is this device's own code. Say it on the other device. What would you like?
    .reprompt = What would you like?
link-both-known = Both have an account of their own with this shop, and I can't make two accounts one. A person can: say talk to a person. What would you like?
    .reprompt = What would you like?
link-code-lapsed = That code is no longer good. Say link my devices on the other device for a new one. What would you like?
    .reprompt = What would you like?
