//! Shops that stand behind the port: ours in SQL, and those of others.

pub mod gateway;
pub mod sql;
pub mod vendure;
