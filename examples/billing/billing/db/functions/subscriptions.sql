-- The life of a subscription.

CREATE FUNCTION billing.start_subscription(
    of_customer bigint, of_plan bigint, quantity bigint DEFAULT 1, on_day date DEFAULT CURRENT_DATE
) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    customer billing.customers;
    plan billing.plans;
    made bigint;
BEGIN
    SELECT * INTO STRICT customer FROM billing.customers AS c WHERE c.id = of_customer;
    SELECT * INTO STRICT plan FROM billing.plans AS p WHERE p.id = of_plan;
    INSERT INTO billing.subscriptions
        (tenant_id, customer_id, plan_id, status, started_on, period_start, period_end, trial_until)
    VALUES (
        customer.tenant_id, of_customer, of_plan,
        CASE WHEN plan.trial_days > 0 THEN 'trialing' ELSE 'active' END::billing.subscription_status,
        on_day, on_day, billing.period_end(on_day, plan.unit, plan.units),
        CASE WHEN plan.trial_days > 0 THEN on_day + plan.trial_days::integer END
    )
    RETURNING id INTO made;
    INSERT INTO billing.subscription_items (tenant_id, subscription_id, price_id, quantity)
    SELECT customer.tenant_id, made, p.id, quantity
    FROM billing.active_price(of_plan, customer.currency, on_day) AS p;
    RETURN made;
END
$$;

CREATE FUNCTION billing.change_plan(of_subscription bigint, to_plan bigint, on_day date DEFAULT CURRENT_DATE)
    RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE billing.subscriptions AS s SET plan_id = to_plan WHERE s.id = of_subscription;
    UPDATE billing.subscription_items AS i SET price_id = new_price.id
    FROM billing.subscriptions AS s
        JOIN billing.customers AS c ON c.id = s.customer_id
        CROSS JOIN LATERAL billing.active_price(to_plan, c.currency, on_day) AS new_price
    WHERE s.id = of_subscription AND i.subscription_id = s.id;
END
$$;

CREATE FUNCTION billing.cancel_subscription(of_subscription bigint, at_once boolean DEFAULT false) RETURNS void
    LANGUAGE sql
BEGIN ATOMIC
    UPDATE billing.subscriptions AS s SET
        ends_with_period = true,
        ended_on = CASE WHEN at_once THEN CURRENT_DATE ELSE s.ended_on END,
        status = CASE WHEN at_once THEN 'ended'::billing.subscription_status ELSE s.status END
    WHERE s.id = of_subscription;
END;

CREATE FUNCTION billing.resume_subscription(of_subscription bigint) RETURNS boolean
    LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE billing.subscriptions AS s SET ends_with_period = false, status = 'active'
    WHERE s.id = of_subscription AND s.ended_on IS NULL;
    RETURN FOUND;
END
$$;

CREATE FUNCTION billing.period_amount(of_subscription bigint) RETURNS numeric
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(sum(billing.amount(p, i.quantity::numeric)), 0)
    FROM billing.subscription_items AS i JOIN billing.prices AS p ON p.id = i.price_id
    WHERE i.subscription_id = of_subscription AND p.meter_id IS NULL;
END;

-- What it brings in a month, whatever its period: the summand of MRR.
CREATE FUNCTION billing.monthly_amount(of_subscription bigint) RETURNS numeric
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT round(
        (billing.period_amount(s.id) - billing.discount(s.id, billing.period_amount(s.id)))
        / billing.months_in(p.unit, p.units), 2
    )
    FROM billing.subscriptions AS s JOIN billing.plans AS p ON p.id = s.plan_id
    WHERE s.id = of_subscription;
END;

CREATE FUNCTION billing.is_entitled(of_customer bigint, to_feature text) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN EXISTS (
        SELECT FROM billing.subscriptions AS s
            JOIN billing.plan_features AS pf ON pf.plan_id = s.plan_id
            JOIN billing.features AS f ON f.id = pf.feature_id
        WHERE s.customer_id = of_customer AND s.status IN ('trialing', 'active') AND f.code = to_feature
    );

CREATE FUNCTION billing.feature_limit(of_customer bigint, of_feature text) RETURNS bigint
    LANGUAGE sql STABLE
    RETURN (
        SELECT max(pf.upper_limit) FROM billing.subscriptions AS s
            JOIN billing.plan_features AS pf ON pf.plan_id = s.plan_id
            JOIN billing.features AS f ON f.id = pf.feature_id
        WHERE s.customer_id = of_customer AND s.status IN ('trialing', 'active') AND f.code = of_feature
    );

CREATE PROCEDURE billing.renew_subscriptions(on_day date DEFAULT CURRENT_DATE)
    LANGUAGE plpgsql
AS $$
DECLARE
    due billing.subscriptions;
BEGIN
    UPDATE billing.subscriptions SET status = 'ended', ended_on = period_end
    WHERE ends_with_period AND ended_on IS NULL AND period_end <= on_day;
    FOR due IN
        SELECT * FROM billing.subscriptions
        WHERE ended_on IS NULL AND status <> 'paused' AND period_end <= on_day
        FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM billing.draft_invoice(due.id, due.period_end);
        UPDATE billing.subscriptions AS s SET
            status = 'active',
            period_start = s.period_end,
            period_end = billing.period_end(s.period_end, p.unit, p.units)
        FROM billing.plans AS p WHERE p.id = s.plan_id AND s.id = due.id;
    END LOOP;
END
$$;
