-- Trails

CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON billing.api_keys
    FOR EACH ROW EXECUTE FUNCTION billing.audit();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON billing.memberships
    FOR EACH ROW EXECUTE FUNCTION billing.audit();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON billing.prices
    FOR EACH ROW EXECUTE FUNCTION billing.audit();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON billing.coupons
    FOR EACH ROW EXECUTE FUNCTION billing.audit();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON billing.payment_methods
    FOR EACH ROW EXECUTE FUNCTION billing.audit();
CREATE TRIGGER audit AFTER INSERT OR DELETE ON billing.refunds
    FOR EACH ROW EXECUTE FUNCTION billing.audit();
CREATE TRIGGER audit AFTER UPDATE ON ledger.periods
    FOR EACH ROW WHEN (OLD.closed_at IS DISTINCT FROM NEW.closed_at) EXECUTE FUNCTION billing.audit();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON billing.audit_log
    FOR EACH ROW EXECUTE FUNCTION billing.refuse('is only ever added to');
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON billing.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse('is never emptied');

-- Tenants and customers

CREATE CONSTRAINT TRIGGER keep_an_owner AFTER UPDATE OR DELETE ON billing.memberships
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.role = 'owner') EXECUTE FUNCTION billing.keep_an_owner();
CREATE TRIGGER tidy_email BEFORE INSERT OR UPDATE OF email ON billing.users
    FOR EACH ROW EXECUTE FUNCTION billing.tidy_email();
CREATE TRIGGER tidy_email BEFORE INSERT OR UPDATE OF email ON billing.customers
    FOR EACH ROW EXECUTE FUNCTION billing.tidy_email();
CREATE TRIGGER tidy_email BEFORE INSERT OR UPDATE OF email ON billing.contacts
    FOR EACH ROW EXECUTE FUNCTION billing.tidy_email();
CREATE TRIGGER one_default BEFORE INSERT OR UPDATE OF is_default ON billing.payment_methods
    FOR EACH ROW WHEN (NEW.is_default) EXECUTE FUNCTION billing.one_default();

-- Subscriptions and usage

CREATE TRIGGER same_currency BEFORE INSERT OR UPDATE OF price_id ON billing.subscription_items
    FOR EACH ROW EXECUTE FUNCTION billing.same_currency();
CREATE TRIGGER note_status AFTER UPDATE OF status ON billing.subscriptions
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION billing.note_status();
CREATE TRIGGER count_redemption AFTER INSERT ON billing.subscription_discounts
    FOR EACH ROW EXECUTE FUNCTION billing.count_redemption();
CREATE TRIGGER add_up_usage AFTER INSERT ON billing.usage_events
    REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION billing.add_up_usage();

-- Invoices

CREATE TRIGGER keep_issued BEFORE UPDATE ON billing.invoices
    FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION billing.keep_issued();
CREATE TRIGGER announce AFTER UPDATE OF status ON billing.invoices
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION billing.announce_invoice();
CREATE TRIGGER only_drafts BEFORE INSERT OR UPDATE OR DELETE ON billing.invoice_lines
    FOR EACH ROW EXECUTE FUNCTION billing.only_drafts();
CREATE TRIGGER add_up_new AFTER INSERT ON billing.invoice_lines
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION billing.add_up_lines();
CREATE TRIGGER add_up_old AFTER DELETE ON billing.invoice_lines
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION billing.add_up_lines();
CREATE TRIGGER add_up AFTER INSERT OR UPDATE OR DELETE ON billing.credit_note_lines
    FOR EACH ROW EXECUTE FUNCTION billing.add_up_credits();

-- Payments

CREATE CONSTRAINT TRIGGER within_payment AFTER INSERT OR UPDATE ON billing.payment_allocations
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing.within_payment();
CREATE CONSTRAINT TRIGGER within_payment AFTER INSERT OR UPDATE ON billing.refunds
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing.within_payment();
CREATE TRIGGER settle AFTER INSERT ON billing.payment_allocations
    FOR EACH ROW EXECUTE FUNCTION billing.settle();
CREATE TRIGGER announce_failure AFTER INSERT OR UPDATE OF status ON billing.payments
    FOR EACH ROW WHEN (NEW.status = 'failed') EXECUTE FUNCTION billing.announce_payment();

-- The books

CREATE CONSTRAINT TRIGGER balanced AFTER INSERT OR UPDATE ON ledger.entries
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger.balanced();
CREATE TRIGGER only_open BEFORE INSERT OR UPDATE ON ledger.journals
    FOR EACH ROW EXECUTE FUNCTION ledger.only_open();
CREATE TRIGGER booked_once BEFORE UPDATE OR DELETE ON ledger.entries
    FOR EACH ROW EXECUTE FUNCTION billing.refuse('are booked once: book the opposite');

-- Views that are written to

CREATE TRIGGER write INSTEAD OF INSERT OR UPDATE OR DELETE ON billing_api.customers
    FOR EACH ROW EXECUTE FUNCTION billing_api.write_customer();
CREATE TRIGGER write INSTEAD OF INSERT ON billing_api.invoice_lines
    FOR EACH ROW EXECUTE FUNCTION billing_api.write_line();
