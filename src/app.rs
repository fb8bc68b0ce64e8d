//! The composition root: builds every stage from the settings and ties them together.
