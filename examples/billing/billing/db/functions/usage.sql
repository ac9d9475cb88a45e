-- What is metered: events come in any order, and once each.

CREATE FUNCTION billing.record_usage(
    of_subscription bigint, meter_code text, used numeric, at_time timestamptz DEFAULT now(), from_source text DEFAULT NULL
) RETURNS bigint
    LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO billing.usage_events (tenant_id, happened_at, subscription_id, meter_id, quantity, source)
    SELECT s.tenant_id, at_time, s.id, m.id, used, from_source
    FROM billing.subscriptions AS s JOIN billing.meters AS m ON m.tenant_id = s.tenant_id AND m.code = meter_code
    WHERE s.id = of_subscription
    RETURNING id;
END;

CREATE FUNCTION billing.usage_between(of_subscription bigint, of_meter bigint, from_day date, to_day date)
    RETURNS numeric
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(sum(t.quantity), 0) FROM billing.usage_totals AS t
    WHERE t.subscription_id = of_subscription AND t.meter_id = of_meter AND t.day >= from_day AND t.day < to_day;
END;

CREATE FUNCTION billing.usage_charge(of_item bigint, from_day date, to_day date) RETURNS numeric
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT billing.amount(p, billing.usage_between(i.subscription_id, p.meter_id, from_day, to_day))
    FROM billing.subscription_items AS i JOIN billing.prices AS p ON p.id = i.price_id
    WHERE i.id = of_item AND p.meter_id IS NOT NULL;
END;

CREATE PROCEDURE billing.add_usage_partition(month date)
    LANGUAGE plpgsql
AS $$
DECLARE
    first_day CONSTANT date := billing.month_of(month);
BEGIN
    EXECUTE format(
        'CREATE TABLE IF NOT EXISTS billing.%I PARTITION OF billing.usage_events FOR VALUES FROM (%L) TO (%L)',
        to_char(first_day, '"usage_events_"YYYY_MM'), first_day, billing.period_end(first_day, 'month')
    );
END
$$;
