-- Amounts, currencies and what becomes of one in the other.

CREATE FUNCTION billing.minor_units(wanted text) RETURNS integer
    LANGUAGE sql STABLE
    RETURN coalesce((SELECT c.minor_units FROM billing.currencies AS c WHERE c.code = wanted), 2);

CREATE FUNCTION billing.round_money(amount numeric, currency text) RETURNS numeric
    LANGUAGE sql STABLE
    RETURN round(amount, billing.minor_units(currency));

CREATE FUNCTION billing.tax_on(net numeric, percent numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN round(net * percent / 100, 2);

CREATE FUNCTION billing.net_of(gross numeric, percent numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN round(gross / (1 + percent / 100), 2);

CREATE FUNCTION billing.percent_off(amount numeric, percent numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN round(amount * least(percent, 100) / 100, 2);

-- The last rate that was known on that day.
CREATE FUNCTION billing.rate_on(from_currency text, to_currency text, on_day date DEFAULT CURRENT_DATE) RETURNS numeric
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE WHEN from_currency = to_currency THEN 1 ELSE (
        SELECT r.rate FROM billing.exchange_rates AS r
        WHERE r.base = from_currency AND r.quote = to_currency AND r.day <= on_day
        ORDER BY r.day DESC LIMIT 1
    ) END;
END;

CREATE FUNCTION billing.convert(
    amount numeric, from_currency text, to_currency text, on_day date DEFAULT CURRENT_DATE
) RETURNS numeric
    LANGUAGE sql STABLE
    RETURN billing.round_money(amount * billing.rate_on(from_currency, to_currency, on_day), to_currency);

CREATE FUNCTION billing.format_money(amount numeric, currency text) RETURNS text
    LANGUAGE sql STABLE
    RETURN to_char(billing.round_money(amount, currency), 'FM999G999G999G990D00') || ' ' || currency;

-- What a customer is charged who came, or left, in the middle of a period.
CREATE FUNCTION billing.prorated(amount numeric, period_start date, period_end date, from_day date) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN round(
        amount * greatest(period_end - greatest(from_day, period_start), 0) / nullif(period_end - period_start, 0), 2
    );
