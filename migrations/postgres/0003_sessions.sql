-- Conversations, where many servers share them. One server alone keeps them in a file beside its database.

CREATE TABLE sessions (
    id      TEXT COLLATE "C" PRIMARY KEY,
    state   TEXT NOT NULL,                      -- JSON, read only by the dialogue
    touched BIGINT NOT NULL
);
CREATE INDEX sessions_touched ON sessions (touched);
