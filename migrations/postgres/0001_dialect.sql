-- What SQLite has and PostgreSQL has not, so that the shop's statements are written once.

-- The elements of a JSON array with their places; strings without their quotes.
CREATE FUNCTION json_each(list TEXT, OUT key BIGINT, OUT value TEXT) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT place - 1, element FROM json_array_elements_text(list::json) WITH ORDINALITY AS e (element, place) $$;

-- The scalar at `$.a.b`, or the last element with `$[#-1]`; as text.
CREATE FUNCTION json_extract(document TEXT, path TEXT) RETURNS TEXT
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT CASE WHEN path = '$[#-1]' THEN document::json ->> -1
                      ELSE document::json #>> string_to_array(substr(path, 3), '.') END $$;

-- The document without `$.a`.
CREATE FUNCTION json_remove(document TEXT, path TEXT) RETURNS TEXT
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT (document::jsonb - substr(path, 3))::text $$;

CREATE FUNCTION json_group_array_step(list TEXT[], element TEXT) RETURNS TEXT[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT array_append(list, element) $$;
CREATE FUNCTION json_group_array_end(list TEXT[]) RETURNS TEXT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT array_to_json(list)::text $$;
CREATE AGGREGATE json_group_array (TEXT) (
    SFUNC = json_group_array_step, STYPE = TEXT[], INITCOND = '{}', FINALFUNC = json_group_array_end
);
