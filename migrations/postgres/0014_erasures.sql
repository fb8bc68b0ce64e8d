-- A shopper who wants to be forgotten is a case too.

ALTER TABLE cases DROP CONSTRAINT cases_kind_check;
ALTER TABLE cases ADD CONSTRAINT cases_kind_check CHECK (kind IN ('handover', 'complaint', 'erasure'));
