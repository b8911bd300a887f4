-- The store of a fleet's ledgers in PostgreSQL 12 or newer, version 1.
--
-- modelrouter writes this by itself where its role may. Where it may not, let the owner of the database run this file
-- once, and then grant what is named at the end: a role that owns nothing can neither change nor delete an entry.

CREATE SCHEMA IF NOT EXISTS modelrouter_ledger;

CREATE TABLE IF NOT EXISTS modelrouter_ledger.version (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    version integer NOT NULL
);

-- `raw`, `fields` and `leaf` are the entry, byte for byte. `time` and `kind` repeat what stands in `raw`, for queries.
CREATE TABLE IF NOT EXISTS modelrouter_ledger.entries (
    origin text COLLATE "C" NOT NULL,
    number bigint NOT NULL CHECK (number >= 0),
    time timestamptz NOT NULL,
    kind text COLLATE "C" NOT NULL,
    raw bytea NOT NULL,
    fields bytea NOT NULL,
    leaf bytea NOT NULL,
    PRIMARY KEY (origin, number),
    CONSTRAINT leaf_is_hash CHECK (leaf = sha256('\x00'::bytea || raw))
);
CREATE INDEX IF NOT EXISTS redactions ON modelrouter_ledger.entries (origin, number) WHERE kind = 'redaction';

-- How far each ledger has come, and its newest signed checkpoint.
CREATE TABLE IF NOT EXISTS modelrouter_ledger.heads (
    origin text COLLATE "C" PRIMARY KEY,
    size bigint NOT NULL,
    head bytea NOT NULL,
    checkpoint text,
    updated timestamptz NOT NULL DEFAULT now()
);

-- What is added must follow: number after number, and each entry naming the hash of the one before.
CREATE OR REPLACE FUNCTION modelrouter_ledger.follows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, modelrouter_ledger, pg_temp AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT number INTO wrong
    FROM (
        SELECT a.number, substring(a.raw FROM 11 FOR 44) AS after, CASE
            WHEN a.number = 0 THEN sha256(convert_to(E'modelrouter ledger 1\n' || a.origin, 'UTF8'))
            WHEN lag(a.number) OVER following = a.number - 1 THEN lag(a.leaf) OVER following
            ELSE (SELECT e.leaf FROM entries e WHERE e.origin = a.origin AND e.number = a.number - 1)
        END AS before
        FROM added a
        WINDOW following AS (PARTITION BY a.origin ORDER BY a.number)
    ) each_one
    WHERE after IS DISTINCT FROM convert_to(encode(before, 'base64'), 'UTF8')
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % does not follow from the one before', wrong USING ERRCODE = 'MR001';
    END IF;
    RETURN NULL;
END $$;

-- The fields of an entry as JSON. Text in JSON here cannot hold the character 0, which is stood in for.
CREATE OR REPLACE FUNCTION modelrouter_ledger.revealed(fields bytea) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT replace(convert_from(fields, 'UTF8'), '\u0000', '\u0001')::json
$$;

-- Nothing of an entry is ever changed but its fields, and of these only that some go which a redaction tells of.
CREATE OR REPLACE FUNCTION modelrouter_ledger.stays() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, modelrouter_ledger, pg_temp AS $$
BEGIN
    IF (NEW.origin, NEW.number, NEW.time, NEW.kind, NEW.raw, NEW.leaf)
        IS DISTINCT FROM (OLD.origin, OLD.number, OLD.time, OLD.kind, OLD.raw, OLD.leaf)
    OR EXISTS (
        SELECT FROM json_each(revealed(NEW.fields)) n
        LEFT JOIN json_each(revealed(OLD.fields)) o ON o.key = n.key
        WHERE o.value::text IS DISTINCT FROM n.value::text
    ) OR EXISTS (
        SELECT FROM json_each(revealed(OLD.fields)) o
        WHERE o.key NOT IN (SELECT n.key FROM json_each(revealed(NEW.fields)) n) AND NOT EXISTS (
            SELECT FROM entries e, json_array_elements(revealed(e.fields) -> 'entries' -> 1) span
            WHERE e.origin = OLD.origin AND e.kind = 'redaction' AND e.number > OLD.number
            AND OLD.number BETWEEN (span ->> 0)::bigint AND (span ->> 1)::bigint
            AND o.key IN (SELECT json_array_elements_text(revealed(e.fields) -> 'fields' -> 1))
        )
    ) THEN
        RAISE EXCEPTION 'entry % cannot be changed: no redaction tells of it', OLD.number USING ERRCODE = 'MR002';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION modelrouter_ledger.remains() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'entries cannot be deleted' USING ERRCODE = 'MR002';
END $$;

DROP TRIGGER IF EXISTS follows ON modelrouter_ledger.entries;
CREATE TRIGGER follows AFTER INSERT ON modelrouter_ledger.entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION modelrouter_ledger.follows();
DROP TRIGGER IF EXISTS stays ON modelrouter_ledger.entries;
CREATE TRIGGER stays BEFORE UPDATE ON modelrouter_ledger.entries
    FOR EACH ROW EXECUTE FUNCTION modelrouter_ledger.stays();
DROP TRIGGER IF EXISTS remains ON modelrouter_ledger.entries;
CREATE TRIGGER remains BEFORE DELETE OR TRUNCATE ON modelrouter_ledger.entries
    FOR EACH STATEMENT EXECUTE FUNCTION modelrouter_ledger.remains();

-- The one door to an entry's fields: for a role that may not update the table. The trigger decides.
CREATE OR REPLACE FUNCTION modelrouter_ledger.redact(of_origin text, numbers bigint[], anew bytea[]) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, modelrouter_ledger, pg_temp AS $$
    WITH changed AS (
        UPDATE entries e SET fields = a.fields
        FROM unnest(numbers, anew) AS a (number, fields)
        WHERE e.origin = of_origin AND e.number = a.number AND e.fields <> a.fields
        RETURNING 1
    )
    SELECT count(*) FROM changed
$$;
REVOKE ALL ON FUNCTION modelrouter_ledger.redact(text, bigint[], bytea[]) FROM PUBLIC;

INSERT INTO modelrouter_ledger.version (version) VALUES (1) ON CONFLICT DO NOTHING;

-- For a role of its own, here `modelrouter`:
--   GRANT USAGE ON SCHEMA modelrouter_ledger TO modelrouter;
--   GRANT SELECT ON modelrouter_ledger.version TO modelrouter;
--   GRANT SELECT, INSERT ON modelrouter_ledger.entries TO modelrouter;
--   GRANT SELECT, INSERT, UPDATE ON modelrouter_ledger.heads TO modelrouter;
--   GRANT EXECUTE ON FUNCTION modelrouter_ledger.redact(text, bigint[], bytea[]) TO modelrouter;
