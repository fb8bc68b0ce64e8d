//! Where sessions are kept between turns.

mod journal;
pub mod memory;
pub mod sql;
