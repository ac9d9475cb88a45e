-- What there is beside the policy of every tenant's table, which tenancy.py declares.

CREATE POLICY itself ON billing.tenants TO billing_app
    USING (id = (SELECT billing.current_tenant()));

CREATE POLICY colleagues ON billing.users FOR SELECT TO billing_app
    USING (id = (SELECT billing.current_user_id()) OR billing.shares_tenant(id));
CREATE POLICY themselves ON billing.users FOR UPDATE TO billing_app
    USING (id = (SELECT billing.current_user_id()));

CREATE POLICY administered ON billing.memberships AS RESTRICTIVE FOR UPDATE TO billing_app
    USING (billing.has_role('owner', 'admin'));
CREATE POLICY administered ON billing.api_keys AS RESTRICTIVE FOR ALL TO billing_app
    USING (billing.has_role('owner', 'admin'));

CREATE POLICY own_trail ON billing.audit_log FOR SELECT TO billing_app
    USING (tenant_id = (SELECT billing.current_tenant()) AND billing.has_role('owner', 'admin', 'accountant'));

CREATE POLICY drafts_alone_go ON billing.invoices AS RESTRICTIVE FOR DELETE TO billing_app
    USING (status = 'draft');
CREATE POLICY open_periods ON ledger.journals AS RESTRICTIVE FOR INSERT TO billing_app
    WITH CHECK (ledger.is_open(period_id));
CREATE POLICY accountants ON ledger.periods AS RESTRICTIVE FOR UPDATE TO billing_app
    USING (billing.has_role('owner', 'accountant'));

-- Support reads one tenant at a time, reports read all of them.

CREATE POLICY support ON billing.tenants FOR SELECT TO billing_readonly USING (true);
CREATE POLICY support ON billing.customers FOR SELECT TO billing_readonly
    USING (tenant_id = (SELECT billing.current_tenant()));
CREATE POLICY support ON billing.subscriptions FOR SELECT TO billing_readonly
    USING (tenant_id = (SELECT billing.current_tenant()));
CREATE POLICY support ON billing.invoices FOR SELECT TO billing_readonly
    USING (tenant_id = (SELECT billing.current_tenant()) AND status <> 'draft');
CREATE POLICY support ON billing.payments FOR SELECT TO billing_readonly
    USING (tenant_id = (SELECT billing.current_tenant()));

CREATE POLICY reports ON billing.customers FOR SELECT TO billing_reports USING (true);
CREATE POLICY reports ON billing.subscriptions FOR SELECT TO billing_reports USING (true);
CREATE POLICY reports ON billing.invoices FOR SELECT TO billing_reports USING (status IN ('open', 'paid'));
CREATE POLICY reports ON billing.payments FOR SELECT TO billing_reports USING (true);
