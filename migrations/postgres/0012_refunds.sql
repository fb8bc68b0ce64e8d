-- A return goes on: awaited -> received -> refunding -> paid, or refused.

ALTER TABLE returns DROP CONSTRAINT returns_state_check;
ALTER TABLE returns ADD CONSTRAINT returns_state_check
    CHECK (state IN ('awaited', 'received', 'refunding', 'paid', 'refused'));
ALTER TABLE returns ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE returns ADD COLUMN restocked BIGINT NOT NULL DEFAULT 0 CHECK (restocked IN (0, 1));
ALTER TABLE returns ADD COLUMN note TEXT;
UPDATE returns SET changed_at = opened_at;
CREATE INDEX returns_by_state ON returns (state, opened_at);
