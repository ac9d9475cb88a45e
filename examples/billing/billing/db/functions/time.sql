-- Days, months, and the periods between two invoices.

CREATE FUNCTION billing.month_of(day date) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN make_date(extract(year FROM day)::integer, extract(month FROM day)::integer, 1);

CREATE FUNCTION billing.month_of(moment timestamptz) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN billing.month_of((moment AT TIME ZONE 'UTC')::date);

CREATE FUNCTION billing.day_of(moment timestamptz) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (moment AT TIME ZONE 'UTC')::date;

CREATE FUNCTION billing.period_end(first_day date, unit text, units bigint DEFAULT 1) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (first_day + CASE unit
        WHEN 'year' THEN make_interval(years => units::integer)
        ELSE make_interval(months => units::integer)
    END)::date;

CREATE FUNCTION billing.months_in(unit text, units bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN units * CASE unit WHEN 'year' THEN 12 ELSE 1 END;

CREATE FUNCTION billing.aging_bucket(days integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN days <= 0 THEN 'not due'
        WHEN days <= 30 THEN '1-30'
        WHEN days <= 60 THEN '31-60'
        ELSE 'over 60'
    END;
