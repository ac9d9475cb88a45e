-- Who may do what. billing_app is the application, billing_readonly support, billing_reports the data team.

GRANT USAGE ON SCHEMA billing, billing_api, ledger TO billing_app;
GRANT USAGE ON SCHEMA billing, billing_api TO billing_readonly;
GRANT USAGE ON SCHEMA billing TO billing_reports;

GRANT SELECT ON
    billing.currencies, billing.exchange_rates, billing.tax_regions, billing.tax_rates, billing.audit_log,
    billing.tenants, billing.current_prices
    TO billing_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    billing.tenant_settings, billing.memberships, billing.api_keys, billing.products, billing.plans, billing.prices,
    billing.price_tiers, billing.features, billing.plan_features, billing.coupons, billing.customers, billing.addresses,
    billing.contacts, billing.payment_methods, billing.tax_ids, billing.tax_exemptions, billing.subscriptions,
    billing.subscription_items, billing.subscription_discounts, billing.meters, billing.invoices,
    billing.invoice_lines, billing.webhook_endpoints, billing.notes
    TO billing_app;
GRANT SELECT, INSERT, UPDATE ON
    billing.users, billing.invoice_sequences, billing.credit_notes, billing.credit_note_lines, billing.payments,
    billing.disputes, billing.usage_totals, billing.webhook_deliveries, ledger.accounts, ledger.periods
    TO billing_app;
GRANT SELECT, INSERT ON
    billing.subscription_events, billing.usage_events, billing.invoice_taxes, billing.payment_allocations,
    billing.refunds, billing.dunning_steps, ledger.journals, ledger.entries
    TO billing_app;
GRANT SELECT, INSERT, DELETE ON ledger.balances TO billing_app;

GRANT SELECT ON
    billing_api.tenant, billing_api.members, billing_api.api_keys, billing_api.payment_methods, billing_api.plans,
    billing_api.prices, billing_api.features, billing_api.subscriptions, billing_api.subscription_events,
    billing_api.invoices, billing_api.credit_notes, billing_api.payments, billing_api.refunds, billing_api.usage,
    billing_api.webhook_deliveries, billing_api.audit_log, billing_api.notes
    TO billing_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON billing_api.customers, billing_api.contacts TO billing_app;
GRANT SELECT, INSERT ON billing_api.invoice_lines TO billing_app;

GRANT SELECT (id, slug, name, country, suspended_at) ON billing.tenants TO billing_readonly;
GRANT SELECT ON billing.customers, billing.subscriptions, billing.invoices, billing.payments TO billing_readonly;
GRANT SELECT ON billing_api.tenant TO billing_readonly;

GRANT SELECT ON
    billing.monthly_revenue, billing.mrr_by_plan, billing.usage_by_month, billing.customer_value, billing.tax_summary,
    billing.revenue_growth, billing.top_customers, billing.tenant_mrr, billing.aging
    TO billing_reports;
GRANT SELECT (id, tenant_id, currency) ON billing.customers TO billing_reports;

-- Past row security, and so not for everybody.
REVOKE EXECUTE ON FUNCTION billing.enter_tenant(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billing.enter_tenant(text) TO billing_app, billing_readonly;
REVOKE EXECUTE ON FUNCTION billing.has_role(text[]), billing.shares_tenant(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billing.has_role(text[]), billing.shares_tenant(bigint) TO billing_app;
REVOKE EXECUTE ON PROCEDURE billing.refresh_reports() FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE billing.refresh_reports() TO billing_reports;
REVOKE EXECUTE ON PROCEDURE billing.add_usage_partition(date) FROM PUBLIC;
