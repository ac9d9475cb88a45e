-- What the triggers do; triggers.sql says where.

CREATE FUNCTION billing.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

-- As its owner: nobody else may write into the log.
CREATE FUNCTION billing.audit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
BEGIN
    INSERT INTO billing.audit_log (tenant_id, user_id, action, relation, row_id, before, after)
    VALUES (
        (coalesce(new_row, old_row) ->> 'tenant_id')::uuid, billing.current_user_id(), TG_OP,
        format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME), coalesce(new_row, old_row) ->> 'id',
        old_row - 'secret' - 'digest' - 'token', new_row - 'secret' - 'digest' - 'token'
    );
    RETURN NULL;
END
$$;

CREATE FUNCTION billing.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% %', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE FUNCTION billing.tidy_email() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.email := lower(trim(NEW.email));
    RETURN NEW;
END
$$;

CREATE FUNCTION billing.one_default() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing.payment_methods AS m SET is_default = false
    WHERE m.customer_id = NEW.customer_id AND m.is_default AND m.id <> NEW.id;
    RETURN NEW;
END
$$;

CREATE FUNCTION billing.keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM billing.memberships AS m WHERE m.tenant_id = OLD.tenant_id AND m.role = 'owner') THEN
        RAISE EXCEPTION 'tenant % would have no owner', OLD.tenant_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION billing.same_currency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM billing.subscriptions AS s
            JOIN billing.customers AS c ON c.id = s.customer_id
            JOIN billing.prices AS p ON p.currency = c.currency
        WHERE s.id = NEW.subscription_id AND p.id = NEW.price_id
    ) THEN
        RAISE EXCEPTION 'price % is in another currency', NEW.price_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION billing.note_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO billing.subscription_events (tenant_id, subscription_id, kind, details)
    VALUES (NEW.tenant_id, NEW.id, NEW.status::text, jsonb_build_object('from', OLD.status, 'plan', NEW.plan_id));
    PERFORM billing.publish(NEW.tenant_id, 'subscription.' || NEW.status, to_jsonb(NEW));
    RETURN NULL;
END
$$;

CREATE FUNCTION billing.count_redemption() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing.coupons AS c SET redeemed = c.redeemed + 1 WHERE c.id = NEW.coupon_id;
    RETURN NULL;
END
$$;

CREATE FUNCTION billing.add_up_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO billing.usage_totals AS t (tenant_id, subscription_id, meter_id, day, quantity, events)
    SELECT n.tenant_id, n.subscription_id, n.meter_id, billing.day_of(n.happened_at), sum(n.quantity), count(*)
    FROM new_events AS n
    GROUP BY n.tenant_id, n.subscription_id, n.meter_id, billing.day_of(n.happened_at)
    ON CONFLICT (subscription_id, meter_id, day)
    DO UPDATE SET quantity = t.quantity + excluded.quantity, events = t.events + excluded.events;
    RETURN NULL;
END
$$;

CREATE FUNCTION billing.keep_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.number, NEW.customer_id, NEW.currency, NEW.issued_on, NEW.net, NEW.tax)
        IS DISTINCT FROM (OLD.number, OLD.customer_id, OLD.currency, OLD.issued_on, OLD.net, OLD.tax)
    THEN
        RAISE EXCEPTION 'invoice % is issued: credit it instead', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION billing.add_up_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing.invoices AS i SET
        net = billing.invoice_net(i.id),
        tax = billing.tax_for(i.customer_id, billing.invoice_net(i.id))
    WHERE i.id IN (SELECT c.invoice_id FROM changed AS c);
    RETURN NULL;
END
$$;

CREATE FUNCTION billing.only_drafts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM billing.invoices AS i
        WHERE i.id = coalesce(NEW.invoice_id, OLD.invoice_id) AND i.status <> 'draft'
    ) THEN
        RAISE EXCEPTION 'lines of an issued invoice stay' USING ERRCODE = 'check_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END
$$;

CREATE FUNCTION billing.add_up_credits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing.credit_notes AS n SET amount = (
        SELECT coalesce(sum(l.amount), 0) FROM billing.credit_note_lines AS l WHERE l.credit_note_id = n.id
    )
    WHERE n.id = coalesce(NEW.credit_note_id, OLD.credit_note_id);
    RETURN NULL;
END
$$;

CREATE FUNCTION billing.settle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing.invoices AS i SET status = 'paid'
    WHERE i.id = NEW.invoice_id AND i.status = 'open' AND billing.balance(i) <= 0;
    RETURN NULL;
END
$$;

CREATE FUNCTION billing.announce_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM billing.publish(NEW.tenant_id, 'invoice.' || NEW.status, to_jsonb(NEW));
    RETURN NULL;
END
$$;

-- Deferred: money may be moved from one invoice to another within a transaction.
CREATE FUNCTION billing.within_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF billing.unallocated(NEW.payment_id) < 0 THEN
        RAISE EXCEPTION 'payment % is spent twice', NEW.payment_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION billing.announce_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM billing.publish(NEW.tenant_id, 'payment.failed', jsonb_build_object('id', NEW.id, 'why', NEW.failure));
    RETURN NULL;
END
$$;

CREATE FUNCTION ledger.balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(e.debit) <> sum(e.credit) FROM ledger.entries AS e WHERE e.journal_id = NEW.journal_id) THEN
        RAISE EXCEPTION 'journal % is not balanced', NEW.journal_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION ledger.only_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT ledger.is_open(NEW.period_id) THEN
        RAISE EXCEPTION 'the period of % is closed', NEW.booked_on USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION billing_api.write_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM billing.customers AS c WHERE c.id = OLD.id;
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE' THEN
        UPDATE billing.customers AS c SET name = NEW.name, email = NEW.email, payment_days = NEW.payment_days
        WHERE c.id = OLD.id;
    ELSE
        INSERT INTO billing.customers (tenant_id, number, name, email, currency, payment_days)
        VALUES (
            billing.current_tenant(), NEW.number, NEW.name, NEW.email, NEW.currency, coalesce(NEW.payment_days, 14)
        )
        RETURNING id INTO NEW.id;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION billing_api.write_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.id := billing.add_line(NEW.invoice_id, NEW.description, NEW.unit_amount, coalesce(NEW.quantity, 1));
    RETURN NEW;
END
$$;
