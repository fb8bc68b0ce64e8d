//! Where sessions are kept between turns.

mod journal;
pub mod memory;
pub mod shared;
pub mod sql;
