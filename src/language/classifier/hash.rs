//! Feature names as 64-bit hashes: cheap to build without allocating, and too wide to collide in practice.

use std::hash::Hasher;

use rustc_hash::FxHasher;

pub fn bytes(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    hasher.finish()
}

/// The feature `kind` with its values, in order.
pub fn join(kind: u32, values: &[u64]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u32(kind);
    for &value in values {
        hasher.write_u64(value);
    }
    hasher.finish()
}
