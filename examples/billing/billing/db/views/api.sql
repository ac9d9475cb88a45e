-- What the application reads: with its own rights, so that row security is the caller's.

CREATE VIEW billing_api.tenant WITH (security_invoker = true) AS
SELECT id, slug, name, country, currency FROM billing.tenants;

CREATE VIEW billing_api.members WITH (security_invoker = true) AS
SELECT m.user_id, u.name, u.email, m.role, u.last_seen_at
FROM billing.memberships AS m JOIN billing.users AS u ON u.id = m.user_id;

CREATE VIEW billing_api.api_keys WITH (security_invoker = true) AS
SELECT id, name, prefix, scopes, expires_at, revoked_at IS NULL AND coalesce(expires_at, 'infinity') > now() AS is_valid
FROM billing.api_keys;

CREATE VIEW billing_api.customers WITH (security_invoker = true) AS
SELECT c.id, c.number, c.name, c.email, c.currency, c.payment_days, a.lines, a.postcode, a.city, a.region
FROM billing.customers AS c
    LEFT JOIN billing.addresses AS a ON a.customer_id = c.id AND a.purpose = 'billing';

CREATE VIEW billing_api.contacts WITH (security_invoker = true, check_option = local) AS
SELECT id, tenant_id, customer_id, name, email FROM billing.contacts WHERE gets_invoices;

CREATE VIEW billing_api.payment_methods WITH (security_invoker = true) AS
SELECT id, customer_id, kind, label, is_default, expires_on, expires_on < CURRENT_DATE AS has_expired
FROM billing.payment_methods;

CREATE VIEW billing_api.plans WITH (security_invoker = true) AS
SELECT p.id, p.code, p.name, pr.name AS product, p.unit, p.units, p.trial_days,
    ARRAY(
        SELECT f.code FROM billing.plan_features AS pf JOIN billing.features AS f ON f.id = pf.feature_id
        WHERE pf.plan_id = p.id ORDER BY f.code
    ) AS features
FROM billing.plans AS p JOIN billing.products AS pr ON pr.id = p.product_id
WHERE pr.is_active;

CREATE VIEW billing_api.prices WITH (security_invoker = true) AS
SELECT c.plan_id, p.code AS plan, c.currency, c.scheme, c.unit_amount,
    billing.format_money(c.unit_amount, c.currency) AS shown
FROM billing.current_prices AS c JOIN billing.plans AS p ON p.id = c.plan_id;

CREATE VIEW billing_api.subscriptions WITH (security_invoker = true) AS
SELECT s.id, s.customer_id, p.code AS plan, s.status, s.period_start, s.period_end, s.trial_until, s.ends_with_period,
    billing.period_amount(s.id) AS amount
FROM billing.subscriptions AS s JOIN billing.plans AS p ON p.id = s.plan_id;

CREATE VIEW billing_api.subscription_events WITH (security_invoker = true) AS
SELECT id, subscription_id, happened_at, kind, details FROM billing.subscription_events;

CREATE VIEW billing_api.invoices WITH (security_invoker = true) AS
SELECT i.id, i.customer_id, i.number, i.status, i.currency, i.issued_on, i.due_on, i.net, i.tax, i.total,
    billing.balance(i) AS balance, billing.days_overdue(i) AS days_overdue
FROM billing.invoices AS i;

CREATE VIEW billing_api.invoice_lines WITH (security_invoker = true) AS
SELECT id, invoice_id, position, description, quantity, unit_amount, amount FROM billing.invoice_lines;

CREATE VIEW billing_api.credit_notes WITH (security_invoker = true) AS
SELECT n.id, n.invoice_id, i.number AS invoice, n.number, n.issued_on, n.reason, n.amount
FROM billing.credit_notes AS n JOIN billing.invoices AS i ON i.id = n.invoice_id;

CREATE VIEW billing_api.payments WITH (security_invoker = true) AS
SELECT p.id, p.customer_id, p.status, p.currency, p.amount, p.received_at, p.reference, m.label AS method,
    coalesce(billing.unallocated(p.id), 0) AS unallocated
FROM billing.payments AS p LEFT JOIN billing.payment_methods AS m ON m.id = p.method_id;

CREATE VIEW billing_api.refunds WITH (security_invoker = true) AS
SELECT r.id, r.payment_id, p.reference, r.amount, p.currency, r.reason, r.created_at
FROM billing.refunds AS r JOIN billing.payments AS p ON p.id = r.payment_id;

CREATE VIEW billing_api.usage WITH (security_invoker = true) AS
SELECT t.subscription_id, m.code AS meter, t.day, t.quantity, m.unit, t.events
FROM billing.usage_totals AS t JOIN billing.meters AS m ON m.id = t.meter_id;

CREATE VIEW billing_api.webhook_deliveries WITH (security_invoker = true) AS
SELECT d.id, e.url, d.topic, d.attempts, d.due_at, d.delivered_at, d.last_error
FROM billing.webhook_deliveries AS d JOIN billing.webhook_endpoints AS e ON e.id = d.endpoint_id;

CREATE VIEW billing_api.audit_log WITH (security_invoker = true, security_barrier = true) AS
SELECT l.happened_at, u.name AS by_whom, l.action, l.relation, l.row_id, l.before, l.after
FROM billing.audit_log AS l LEFT JOIN billing.users AS u ON u.id = l.user_id;
