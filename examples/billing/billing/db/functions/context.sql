-- Who is asking. The application says so once for each transaction: SET LOCAL app.tenant and app.user_id.

CREATE FUNCTION billing.current_tenant() RETURNS uuid STABLE PARALLEL SAFE
    RETURN nullif(current_setting('app.tenant', true), '')::uuid;

CREATE FUNCTION billing.current_user_id() RETURNS bigint STABLE PARALLEL SAFE
    RETURN nullif(current_setting('app.user_id', true), '')::bigint;

-- Past row security: the policies of memberships ask it themselves.
CREATE FUNCTION billing.has_role(VARIADIC wanted text[]) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM billing.memberships AS m
        WHERE m.tenant_id = billing.current_tenant()
          AND m.user_id = billing.current_user_id()
          AND m.role = ANY (wanted)
    );
END;

CREATE FUNCTION billing.shares_tenant(other bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN EXISTS (
        SELECT FROM billing.memberships AS m WHERE m.user_id = other AND m.tenant_id = billing.current_tenant()
    );

CREATE FUNCTION billing.enter_tenant(tenant_slug text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_id uuid;
BEGIN
    SELECT t.id INTO found_id FROM billing.tenants AS t WHERE t.slug = tenant_slug AND t.suspended_at IS NULL;
    IF found_id IS NULL THEN
        RAISE EXCEPTION 'there is no tenant %', tenant_slug USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM set_config('app.tenant', found_id::text, true);
    RETURN found_id;
END
$$;

CREATE FUNCTION billing.setting(wanted text, otherwise jsonb DEFAULT '{}') RETURNS jsonb
    LANGUAGE sql STABLE
    RETURN coalesce(
        (SELECT s.value FROM billing.tenant_settings AS s
         WHERE s.tenant_id = billing.current_tenant() AND s.key = wanted),
        otherwise
    );
