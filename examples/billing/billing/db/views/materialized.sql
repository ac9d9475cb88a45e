-- Reports: billing.refresh_reports() brings them up to date at night.

CREATE MATERIALIZED VIEW billing.monthly_revenue AS
SELECT i.tenant_id, billing.month_of(i.issued_on) AS month, i.currency, p.product_id,
    count(DISTINCT i.customer_id) AS customers, sum(l.amount) AS net
FROM billing.invoices AS i
    JOIN billing.invoice_lines AS l ON l.invoice_id = i.id
    LEFT JOIN billing.subscriptions AS s ON s.id = i.subscription_id
    LEFT JOIN billing.plans AS p ON p.id = s.plan_id
WHERE i.status IN ('open', 'paid')
GROUP BY i.tenant_id, billing.month_of(i.issued_on), i.currency, p.product_id;

CREATE UNIQUE INDEX monthly_revenue_key ON billing.monthly_revenue (tenant_id, month, currency, product_id);
CREATE INDEX monthly_revenue_month ON billing.monthly_revenue (month DESC) INCLUDE (net);

CREATE MATERIALIZED VIEW billing.mrr_by_plan AS
SELECT m.tenant_id, m.plan_id, m.currency, count(*) AS subscriptions, sum(m.mrr) AS mrr
FROM billing.subscription_mrr AS m GROUP BY m.tenant_id, m.plan_id, m.currency;

CREATE UNIQUE INDEX mrr_by_plan_key ON billing.mrr_by_plan (plan_id, currency);

CREATE MATERIALIZED VIEW billing.usage_by_month AS
SELECT t.tenant_id, t.subscription_id, t.meter_id, billing.month_of(t.day) AS month, sum(t.quantity) AS quantity,
    max(t.quantity) AS busiest_day
FROM billing.usage_totals AS t GROUP BY t.tenant_id, t.subscription_id, t.meter_id, billing.month_of(t.day);

CREATE UNIQUE INDEX usage_by_month_key ON billing.usage_by_month (subscription_id, meter_id, month);

CREATE MATERIALIZED VIEW billing.customer_value AS
SELECT c.tenant_id, c.id AS customer_id, c.currency, min(i.issued_on) AS since, coalesce(sum(i.net), 0) AS revenue,
    count(i.id) AS invoices
FROM billing.customers AS c LEFT JOIN billing.invoices AS i ON i.customer_id = c.id AND i.status IN ('open', 'paid')
GROUP BY c.id;

CREATE UNIQUE INDEX customer_value_key ON billing.customer_value (customer_id);
CREATE INDEX customer_value_revenue ON billing.customer_value (tenant_id, revenue DESC) WHERE revenue > 0;

CREATE MATERIALIZED VIEW billing.tax_summary AS
SELECT tenant_id, region, billing.month_of(issued_on) AS month, percent, sum(net) AS net, sum(amount) AS tax
FROM billing.invoice_taxes_by_region GROUP BY tenant_id, region, billing.month_of(issued_on), percent;

CREATE UNIQUE INDEX tax_summary_key ON billing.tax_summary (tenant_id, region, month, percent);

CREATE MATERIALIZED VIEW ledger.closing_balances AS
SELECT b.tenant_id, a.code, p.last_day, b.amount
FROM ledger.balances AS b
    JOIN ledger.accounts AS a ON a.id = b.account_id
    JOIN ledger.periods AS p ON p.id = b.period_id
WITH NO DATA;

CREATE UNIQUE INDEX closing_balances_key ON ledger.closing_balances (tenant_id, code, last_day);

-- What is read from them.

CREATE VIEW billing.revenue_growth AS
SELECT tenant_id, currency, month, net, net - lag(net) OVER (PARTITION BY tenant_id, currency ORDER BY month) AS growth
FROM (
    SELECT tenant_id, currency, month, sum(net) AS net FROM billing.monthly_revenue GROUP BY tenant_id, currency, month
) AS by_month;

CREATE VIEW billing.top_customers AS
SELECT v.tenant_id, v.customer_id, c.name, v.revenue, rank() OVER (PARTITION BY v.tenant_id ORDER BY v.revenue DESC)
FROM billing.customer_value AS v JOIN billing.customers AS c ON c.id = v.customer_id;
