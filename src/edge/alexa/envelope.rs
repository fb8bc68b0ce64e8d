//! The envelopes of Alexa's custom-skill interface: a request's bytes in, its parts out, and a reply in, a response's
//! bytes out. Refuses to know who sent it and what it leads to.

pub mod kind;
pub mod lenient;
pub mod request;
pub mod response;
pub mod ssml;

pub use kind::{Class, KINDS, class};
pub use request::{Envelope, EnvelopeError};
