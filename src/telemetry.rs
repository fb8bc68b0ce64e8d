//! Logs and metrics. Refuses to let transcripts, names or keys out.
