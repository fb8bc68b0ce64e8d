//! Voicecart: a self-hosted voice commerce skill server.
//!
//! One module per stage of a turn; [`turn`] is the only one that knows their order. ARCHITECTURE.md draws it.

pub mod app;
pub mod asr;
pub mod audio;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dialogue;
pub mod edge;
pub mod language;
pub mod reply;
pub mod shop;
pub mod store;
pub mod telemetry;
pub mod tts;
pub mod turn;
pub mod webhook;
pub mod words;
