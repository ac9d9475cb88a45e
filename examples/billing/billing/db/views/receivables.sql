-- Who owes what, for how long, and what is done about it.

CREATE VIEW billing.open_invoices AS
SELECT i.id, i.tenant_id, i.customer_id, i.number, i.currency, i.issued_on, i.due_on, i.total,
    billing.balance(i) AS balance
FROM billing.invoices AS i WHERE i.status = 'open';

CREATE VIEW billing.overdue_invoices AS
SELECT o.*, CURRENT_DATE - o.due_on AS days, billing.aging_bucket(CURRENT_DATE - o.due_on) AS bucket
FROM billing.open_invoices AS o WHERE o.due_on < CURRENT_DATE AND o.balance > 0;

CREATE VIEW billing.aging AS
SELECT tenant_id, currency, bucket, count(*) AS invoices, sum(balance) AS balance
FROM billing.overdue_invoices GROUP BY tenant_id, currency, bucket;

CREATE VIEW billing.customer_balances AS
SELECT c.tenant_id, c.id AS customer_id, c.name, c.currency, coalesce(sum(o.balance), 0) AS owed,
    max(o.days) AS longest
FROM billing.customers AS c LEFT JOIN billing.overdue_invoices AS o ON o.customer_id = c.id
GROUP BY c.id;

CREATE VIEW billing.dunning_queue AS
SELECT o.id AS invoice_id, o.tenant_id, o.number, o.days, o.balance, billing.next_dunning_level(o.id) AS level,
    billing.dunning_fee(billing.next_dunning_level(o.id)) AS fee
FROM billing.overdue_invoices AS o
WHERE o.days > 14 * billing.next_dunning_level(o.id);

CREATE VIEW billing.unallocated_payments AS
SELECT p.id, p.tenant_id, p.customer_id, p.reference, p.received_at, billing.unallocated(p.id) AS amount
FROM billing.payments AS p WHERE billing.unallocated(p.id) > 0;

CREATE VIEW billing.failed_payments AS
SELECT p.id, p.tenant_id, c.name, p.amount, p.currency, p.received_at, p.failure
FROM billing.payments AS p JOIN billing.customers AS c ON c.id = p.customer_id
WHERE p.status = 'failed' AND p.received_at > now() - interval '30 days';

CREATE VIEW billing.open_disputes AS
SELECT d.id, d.tenant_id, p.reference, d.opened_on, d.amount, d.opened_on + 14 AS answer_by
FROM billing.disputes AS d JOIN billing.payments AS p ON p.id = d.payment_id WHERE d.outcome IS NULL;

CREATE VIEW billing.invoice_taxes_by_region AS
SELECT i.tenant_id, t.region, r.name, i.issued_on, t.percent, t.net, t.amount
FROM billing.invoice_taxes AS t
    JOIN billing.invoices AS i ON i.id = t.invoice_id
    JOIN billing.tax_regions AS r ON r.code = t.region
WHERE i.status <> 'void';
