-- Which tax, and whether any.

CREATE FUNCTION billing.is_tax_id(country text, number text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE country
        WHEN 'DE' THEN number ~ '^DE[0-9]{9}$'
        WHEN 'AT' THEN number ~ '^ATU[0-9]{8}$'
        WHEN 'FR' THEN number ~ '^FR[0-9A-Z]{2}[0-9]{9}$'
        ELSE number <> ''
    END;

CREATE FUNCTION billing.tax_percent(wanted_region text, on_day date DEFAULT CURRENT_DATE) RETURNS numeric
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce((
        SELECT r.percent FROM billing.tax_rates AS r
        WHERE r.region = wanted_region AND r.valid_from <= on_day
        ORDER BY r.valid_from DESC LIMIT 1
    ), 0);
END;

CREATE FUNCTION billing.tax_region(of_customer bigint) RETURNS text
    LANGUAGE sql STABLE
    RETURN (SELECT a.region FROM billing.addresses AS a WHERE a.customer_id = of_customer AND a.purpose = 'billing');

CREATE FUNCTION billing.is_exempt(of_customer bigint, on_day date DEFAULT CURRENT_DATE) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN EXISTS (
        SELECT FROM billing.tax_exemptions AS e
        WHERE e.customer_id = of_customer AND on_day BETWEEN e.valid_from AND coalesce(e.valid_until, 'infinity')
    );

CREATE FUNCTION billing.tax_for(of_customer bigint, net numeric, on_day date DEFAULT CURRENT_DATE) RETURNS numeric
    LANGUAGE sql STABLE
    RETURN CASE
        WHEN billing.is_exempt(of_customer, on_day) THEN 0
        ELSE billing.tax_on(net, billing.tax_percent(billing.tax_region(of_customer), on_day))
    END;
