-- Sign-in stands apart from what readers see: accounts, tokens, sessions, failed attempts, and the functions that
-- are the viewer's only way to them.

CREATE SCHEMA access;
COMMENT ON SCHEMA access IS 'Who may sign in to the viewer; not for readers.';

DROP VIEW web.account;
DROP VIEW web.api_token;
ALTER TABLE account SET SCHEMA access;
ALTER TABLE api_token SET SCHEMA access;

CREATE TABLE access.session (
    token_hash varchar(64) PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES access.account (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_of_account ON access.session (account_id);
COMMENT ON TABLE access.session IS 'One row per session that has not been signed out.';
COMMENT ON COLUMN access.session.token_hash IS 'SHA-256 of the token in the cookie.';

CREATE TABLE access.failed_sign_in (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tried_at timestamptz NOT NULL DEFAULT now(),
    network varchar(64) NOT NULL,
    name_hash varchar(64)
);
CREATE INDEX failed_sign_in_of_network ON access.failed_sign_in (network, tried_at);
CREATE INDEX failed_sign_in_of_name ON access.failed_sign_in (name_hash, tried_at);
COMMENT ON TABLE access.failed_sign_in IS
'One row per attempt to sign in that failed of late, or is not decided yet.';
COMMENT ON COLUMN access.failed_sign_in.name_hash IS
'SHA-256 of the name, which may be a password in the wrong field; null: no account can have it.';

CREATE TABLE access.known_network (
    account_id bigint REFERENCES access.account (id) ON DELETE CASCADE,
    network varchar(64),
    signed_in_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, network)
);
COMMENT ON TABLE access.known_network IS
'One row per account and network that it signed in from of late: there strangers do not shut it out.';

CREATE FUNCTION access.end_sessions() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM access.session WHERE account_id = NEW.id;
    RETURN NULL;
END
$$;

-- whoever knew the old password may be signed in
CREATE TRIGGER account_new_password AFTER UPDATE OF password_hash ON access.account
FOR EACH ROW EXECUTE FUNCTION access.end_sessions();

CREATE FUNCTION access.account_named(of_name text)
RETURNS TABLE (id bigint, name text, role text, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT account.id, account.name, account.role, account.password_hash
    FROM access.account
    WHERE account.name = of_name
$$;
COMMENT ON FUNCTION access.account_named IS 'At most one row: the account of this name.';

CREATE FUNCTION access.account_of_session(of_token_hash text)
RETURNS TABLE (id bigint, name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT account.id, account.name, account.role
    FROM access.session
    INNER JOIN access.account ON session.account_id = account.id
    WHERE session.token_hash = of_token_hash AND session.expires_at > now()
$$;
COMMENT ON FUNCTION access.account_of_session IS 'At most one row: whose session it is, if it has not ended.';

CREATE FUNCTION access.account_of_token(of_token_hash text)
RETURNS TABLE (id bigint, name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT account.id, account.name, account.role
    FROM access.api_token AS token
    INNER JOIN access.account ON token.account_id = account.id
    WHERE
        token.token_hash = of_token_hash
        AND token.revoked_at IS NULL
        AND (token.expires_at IS NULL OR token.expires_at > now())
$$;
COMMENT ON FUNCTION access.account_of_token IS 'At most one row: whose token this is, if it is in force.';

-- Attempts that are not decided yet count: else many at once would all be the last one allowed.
CREATE FUNCTION access.begin_sign_in(
    of_name text, from_network text, most_of_network integer, most_of_name integer, span interval
)
RETURNS TABLE (attempt bigint, refused_by text, free_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    hashed text := encode(sha256(convert_to(of_name, 'UTF8')), 'hex');
    first_of_network timestamptz;
    first_of_name timestamptz;
BEGIN
    LOCK TABLE access.failed_sign_in IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM access.failed_sign_in WHERE tried_at <= now() - span;
    SELECT tried_at INTO first_of_network
    FROM access.failed_sign_in WHERE network = from_network
    ORDER BY tried_at DESC OFFSET most_of_network - 1 LIMIT 1;
    SELECT tried_at INTO first_of_name
    FROM access.failed_sign_in
    WHERE name_hash = hashed AND NOT EXISTS (
        SELECT FROM access.known_network AS known
        INNER JOIN access.account ON known.account_id = account.id
        WHERE account.name = of_name AND known.network = from_network
    )
    ORDER BY tried_at DESC OFFSET most_of_name - 1 LIMIT 1;
    IF first_of_network IS NULL AND first_of_name IS NULL THEN
        INSERT INTO access.failed_sign_in (network, name_hash) VALUES (from_network, hashed)
        RETURNING id INTO attempt;
    END IF;
    refused_by := CASE
        WHEN first_of_network IS NOT NULL THEN 'address' WHEN first_of_name IS NOT NULL THEN 'account'
    END;
    free_at := greatest(first_of_network, first_of_name) + span;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION access.begin_sign_in IS
'One row: the number of an attempt that may be made, or which limit refuses it and until when.';

CREATE FUNCTION access.open_session(
    of_attempt bigint, of_account bigint, from_network text, new_token_hash text,
    lasting interval, known_for interval
)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM access.failed_sign_in WHERE id = of_attempt;
    DELETE FROM access.session WHERE expires_at <= now();
    DELETE FROM access.known_network WHERE signed_in_at <= now() - known_for;
    INSERT INTO access.known_network (account_id, network) VALUES (of_account, from_network)
    ON CONFLICT (account_id, network) DO UPDATE SET signed_in_at = now();
    INSERT INTO access.session (token_hash, account_id, expires_at)
    VALUES (new_token_hash, of_account, now() + lasting);
$$;
COMMENT ON FUNCTION access.open_session IS 'Keep a session; the attempt that led to it was no failure.';

CREATE FUNCTION access.close_session(of_token_hash text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM access.session WHERE token_hash = of_token_hash
$$;
COMMENT ON FUNCTION access.close_session IS 'End a session: its cookie is refused from now on.';

CREATE FUNCTION access.admit(viewer text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), viewer);
    EXECUTE format('GRANT USAGE ON SCHEMA web, access TO %I', viewer);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA web TO %I', viewer);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA web GRANT SELECT ON TABLES TO %I', viewer);
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION access.account_named, access.account_of_session, access.account_of_token,'
        ' access.begin_sign_in, access.open_session, access.close_session TO %I', viewer
    );
END
$$;
COMMENT ON FUNCTION access.admit IS 'Give a role all that the viewer needs, and no more.';

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA access FROM public;

-- One role for all databases of a server could read them all; each viewer has one of its own now.
DO $$
BEGIN
    REVOKE ALL ON ALL TABLES IN SCHEMA web FROM meterhouse_web;
    REVOKE ALL ON SCHEMA web FROM meterhouse_web;
    ALTER DEFAULT PRIVILEGES IN SCHEMA web REVOKE SELECT ON TABLES FROM meterhouse_web;
EXCEPTION
    WHEN undefined_object OR insufficient_privilege THEN NULL;
END $$;
