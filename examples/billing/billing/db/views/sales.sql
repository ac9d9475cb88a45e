-- Plans, subscriptions and what they bring.

CREATE VIEW billing.current_prices AS
SELECT DISTINCT ON (plan_id, currency, meter_id) id, tenant_id, plan_id, meter_id, currency, scheme, unit_amount, valid_from
FROM billing.prices WHERE valid_from <= CURRENT_DATE
ORDER BY plan_id, currency, meter_id, valid_from DESC;

CREATE VIEW billing.active_subscriptions AS
SELECT s.id, s.tenant_id, s.customer_id, s.plan_id, s.status, s.started_on, s.period_start, s.period_end
FROM billing.subscriptions AS s
WHERE s.ended_on IS NULL AND s.status <> 'paused';

CREATE VIEW billing.subscription_mrr AS
SELECT s.id, s.tenant_id, s.customer_id, s.plan_id, c.currency, billing.monthly_amount(s.id) AS mrr
FROM billing.active_subscriptions AS s JOIN billing.customers AS c ON c.id = s.customer_id
WHERE s.status = 'active';

CREATE VIEW billing.tenant_mrr AS
SELECT tenant_id, currency, count(*) AS subscriptions, sum(mrr) AS mrr
FROM billing.subscription_mrr GROUP BY tenant_id, currency;

CREATE VIEW billing.ending_trials AS
SELECT s.id, s.tenant_id, c.name, c.email, s.trial_until
FROM billing.subscriptions AS s JOIN billing.customers AS c ON c.id = s.customer_id
WHERE s.status = 'trialing' AND s.trial_until BETWEEN CURRENT_DATE AND CURRENT_DATE + 7;

CREATE VIEW billing.renewals AS
SELECT s.tenant_id, s.period_end AS day, count(*) AS subscriptions, sum(billing.period_amount(s.id)) AS amount
FROM billing.active_subscriptions AS s GROUP BY s.tenant_id, s.period_end;

CREATE VIEW billing.coupon_use AS
SELECT c.tenant_id, c.code, c.percent, c.redeemed, c.redeemable, billing.is_redeemable(c) AS is_redeemable,
    count(s.id) FILTER (WHERE s.status = 'active') AS active
FROM billing.coupons AS c
    LEFT JOIN billing.subscription_discounts AS d ON d.coupon_id = c.id
    LEFT JOIN billing.subscriptions AS s ON s.id = d.subscription_id
GROUP BY c.id;

CREATE VIEW billing.month_usage AS
SELECT t.tenant_id, t.subscription_id, m.code AS meter, sum(t.quantity) AS quantity
FROM billing.usage_totals AS t JOIN billing.meters AS m ON m.id = t.meter_id
WHERE t.day >= billing.month_of(CURRENT_DATE)
GROUP BY t.tenant_id, t.subscription_id, m.code;
