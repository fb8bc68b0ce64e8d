//! Where sessions are kept between turns.

pub mod memory;
pub mod sql;
