-- A purchase that is paid for by a link is reserved until then; its page is asked about from time to time.

ALTER TABLE purchases ADD COLUMN link_until INTEGER;      -- none where the method on file is charged
ALTER TABLE purchases ADD COLUMN link_next INTEGER;       -- not asked about before
