-- Double entry: every journal is balanced, and a closed period stays as it is.

CREATE FUNCTION ledger.signed(kind text, debit numeric, credit numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN kind IN ('asset', 'expense') THEN debit - credit ELSE credit - debit END;

CREATE FUNCTION ledger.account(wanted text) RETURNS bigint
    LANGUAGE sql STABLE
    RETURN (SELECT a.id FROM ledger.accounts AS a WHERE a.code = wanted AND a.tenant_id = billing.current_tenant());

CREATE FUNCTION ledger.period_of(day date) RETURNS bigint
    LANGUAGE sql STABLE
    RETURN (SELECT p.id FROM ledger.periods AS p
            WHERE day BETWEEN p.first_day AND p.last_day AND p.tenant_id = billing.current_tenant());

CREATE FUNCTION ledger.is_open(of_period bigint) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN EXISTS (SELECT FROM ledger.periods AS p WHERE p.id = of_period AND p.closed_at IS NULL);

CREATE FUNCTION ledger.balance(of_account bigint, on_day date DEFAULT CURRENT_DATE) RETURNS numeric
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(sum(ledger.signed(a.kind, e.debit, e.credit)), 0)
    FROM ledger.entries AS e
        JOIN ledger.journals AS j ON j.id = e.journal_id
        JOIN ledger.accounts AS a ON a.id = e.account_id
    WHERE e.account_id = of_account AND j.booked_on <= on_day;
END;

-- ledger.post('2026-01-31', 'Invoice I2026-000001', '{"1400": 119, "8400": -100, "1776": -19}')
CREATE FUNCTION ledger.post(on_day date, about text, amounts jsonb) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO ledger.journals (tenant_id, period_id, booked_on, memo)
    VALUES (billing.current_tenant(), ledger.period_of(on_day), on_day, about)
    RETURNING id INTO made;
    INSERT INTO ledger.entries (tenant_id, journal_id, account_id, debit, credit)
    SELECT billing.current_tenant(), made, ledger.account(code), greatest(amount::numeric, 0), greatest(-amount::numeric, 0)
    FROM jsonb_each_text(amounts) AS lines (code, amount);
    RETURN made;
END
$$;

CREATE FUNCTION ledger.open_year(of_year integer) RETURNS integer
    LANGUAGE plpgsql
AS $$
DECLARE
    number integer;
BEGIN
    INSERT INTO ledger.periods (tenant_id, first_day, last_day)
    SELECT billing.current_tenant(), month::date, (month + interval '1 month - 1 day')::date
    FROM generate_series(make_date(of_year, 1, 1), make_date(of_year, 12, 1), interval '1 month') AS month
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS number = ROW_COUNT;
    RETURN number;
END
$$;

CREATE PROCEDURE ledger.close_period(of_period bigint)
    LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE ledger.periods AS p SET closed_at = now() WHERE p.id = of_period AND p.closed_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'period % is closed already', of_period USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    INSERT INTO ledger.balances (tenant_id, account_id, period_id, amount)
    SELECT p.tenant_id, a.id, p.id, ledger.balance(a.id, p.last_day)
    FROM ledger.periods AS p JOIN ledger.accounts AS a ON a.tenant_id = p.tenant_id
    WHERE p.id = of_period;
END
$$;

CREATE PROCEDURE ledger.reopen_period(of_period bigint)
    LANGUAGE sql
BEGIN ATOMIC
    DELETE FROM ledger.balances WHERE period_id = of_period;
    UPDATE ledger.periods SET closed_at = NULL WHERE id = of_period;
END;
