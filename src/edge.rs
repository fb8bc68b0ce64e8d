//! The doors: HTTP in, HTTP out. The only place that knows status codes and headers.

pub mod alexa;
