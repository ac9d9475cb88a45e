-- Two tenants; one sells a subscription, is paid, and closes the month. Its ids are those of new tables.
INSERT INTO billing.currencies (code, name) VALUES ('EUR', 'Euro');
INSERT INTO billing.tax_regions (code, name) VALUES ('DE', 'Germany');
INSERT INTO billing.tax_rates (region, valid_from, percent) VALUES ('DE', '2020-01-01', 19);
INSERT INTO billing.tenants (slug, name, country, currency)
VALUES ('Acme', 'Acme', 'DE', 'EUR'), ('other', 'Other', 'DE', 'EUR');
INSERT INTO billing.users (email, name) VALUES (' Ann@Example.com ', 'Ann');
INSERT INTO billing.memberships (tenant_id, user_id, role)
SELECT t.id, u.id, 'owner' FROM billing.tenants AS t, billing.users AS u;
CALL billing.add_usage_partition(CURRENT_DATE);

SET LOCAL ROLE billing_app;
SET LOCAL app.user_id = 1;
SELECT billing.enter_tenant('acme');

INSERT INTO billing.products (tenant_id, code, name) VALUES (billing.current_tenant(), 'desk', 'Desk');
INSERT INTO billing.plans (tenant_id, product_id, code, name) VALUES (billing.current_tenant(), 1, 'team', 'Team');
INSERT INTO billing.meters (tenant_id, code, name, unit) VALUES (billing.current_tenant(), 'calls', 'Calls', 'call');
INSERT INTO billing.prices (tenant_id, plan_id, meter_id, currency, scheme, unit_amount, valid_from)
VALUES (billing.current_tenant(), 1, NULL, 'EUR', 'flat', 100, '2020-01-01'),
       (billing.current_tenant(), 1, 1, 'EUR', 'per_unit', 0.5, '2020-01-01');
INSERT INTO billing.coupons (tenant_id, code, percent) VALUES (billing.current_tenant(), 'TEN', 10);
INSERT INTO billing.webhook_endpoints (tenant_id, url, secret, topics)
VALUES (billing.current_tenant(), 'https://acme.example/hook', 's', '{invoice.open,invoice.paid}');

INSERT INTO billing_api.customers (number, name, email, currency) VALUES ('C1', 'Bob', ' Bob@Example.com', 'EUR');
INSERT INTO billing.addresses (tenant_id, customer_id, lines, city, region)
VALUES (billing.current_tenant(), 1, '{1 Main Street}', 'Berlin', 'DE');
INSERT INTO billing.tax_ids (tenant_id, customer_id, country, number)
VALUES (billing.current_tenant(), 1, 'DE', 'DE123456789');
INSERT INTO billing.payment_methods (tenant_id, customer_id, kind, token, label, is_default)
VALUES (billing.current_tenant(), 1, 'card', 'tok', 'one', true), (billing.current_tenant(), 1, 'card', 'tok', 'two', true);

SELECT billing.start_subscription(1, 1);
INSERT INTO billing.subscription_items (tenant_id, subscription_id, price_id) VALUES (billing.current_tenant(), 1, 2);
SELECT billing.redeem(1, 'TEN');
SELECT billing.record_usage(1, 'calls', 15), billing.record_usage(1, 'calls', 5);

SELECT billing.draft_invoice(1);
INSERT INTO billing_api.invoice_lines (invoice_id, description, unit_amount) VALUES (1, 'Set-up', 1);
SELECT billing.finalize_invoice(1);
SELECT billing.record_payment(1, 100, 'bank 1'), billing.record_payment(1, 100, 'bank 2');
SELECT billing.refund_payment(2, 50, 'too much');

SELECT ledger.open_year(extract(year FROM CURRENT_DATE)::integer);
INSERT INTO ledger.accounts (tenant_id, code, name, kind)
VALUES (billing.current_tenant(), '1400', 'Receivables', 'asset'), (billing.current_tenant(), '1776', 'VAT', 'liability'),
       (billing.current_tenant(), '8400', 'Sales', 'income');
SELECT ledger.post(CURRENT_DATE, 'Invoice', '{"1400": 119, "1776": -19, "8400": -100}');
SET CONSTRAINTS ALL IMMEDIATE;
CALL ledger.close_period(ledger.period_of(CURRENT_DATE));

RESET ROLE;
CALL billing.refresh_reports();
