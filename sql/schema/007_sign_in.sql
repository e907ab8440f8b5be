-- Who may sign in, tokens for the API, and what the history of runs needs to be asked for by page.

CREATE TABLE account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name varchar(64) NOT NULL UNIQUE,
    role varchar(8) NOT NULL CHECK (role IN ('viewer', 'admin')),
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE account IS 'One row per person who may sign in to the viewer.';

CREATE TABLE api_token (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name varchar(64) NOT NULL,
    token_hash varchar(64) NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
COMMENT ON TABLE api_token IS 'One row per bearer token of the API; it has the role of its account.';
COMMENT ON COLUMN api_token.token_hash IS 'SHA-256 of the token; the token itself is not kept.';

CREATE VIEW web.account AS
SELECT
    id,
    name,
    role,
    password_hash
FROM public.account;
COMMENT ON VIEW web.account IS 'One row per person who may sign in.';

CREATE VIEW web.api_token AS
SELECT
    token.id,
    token.name,
    token.token_hash,
    token.account_id,
    account.name AS account,
    account.role
FROM public.api_token AS token
INNER JOIN public.account AS account ON token.account_id = account.id
WHERE token.revoked_at IS NULL;
COMMENT ON VIEW web.api_token IS 'One row per token in force.';

-- The source is in it only to be counted without a look at the rows.
CREATE INDEX run_newest_of_all ON run (started_at DESC, id DESC) INCLUDE (data_source);
CREATE INDEX run_newest_success ON run (job_name, started_at DESC) WHERE status = 'SUCCESS';
CREATE INDEX run_newest_of_status ON run (status, started_at DESC, id DESC);
CREATE INDEX run_newest_by_hand ON run (job_name, started_at DESC)
WHERE metadata ->> 'triggered_by' NOT IN ('cli', 'schedule');

ALTER TABLE run ADD COLUMN idempotency_key varchar(255) UNIQUE;
COMMENT ON COLUMN run.idempotency_key IS 'Of the request for it; the same again starts nothing.';

DO $$
BEGIN
    GRANT SELECT ON web.account, web.api_token TO meterhouse_web;
EXCEPTION
    WHEN undefined_object OR insufficient_privilege THEN NULL;
END $$;
