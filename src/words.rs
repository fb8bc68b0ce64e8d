//! Words as sounds, spellings and numbers: what understanding, product search and replies all need of English, and
//! nothing of what the words are about. A leaf: it uses no other module.

pub mod halves;
pub mod markup;
pub mod nouns;
pub mod numbers;
pub mod sound;
pub mod spoken;
pub mod tokens;
