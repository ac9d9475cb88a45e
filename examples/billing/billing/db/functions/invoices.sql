-- From a draft to a number, and on to the books.

CREATE FUNCTION billing.next_number(of_tenant uuid, of_year integer, of_kind text DEFAULT 'invoice') RETURNS text
    LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO billing.invoice_sequences AS s (tenant_id, year, kind, last_number) VALUES (of_tenant, of_year, of_kind, 1)
    ON CONFLICT (year, kind, tenant_id) DO UPDATE SET last_number = s.last_number + 1
    RETURNING upper(left(of_kind, 1)) || of_year || '-' || lpad(s.last_number::text, 6, '0');
END;

CREATE FUNCTION billing.add_line(
    to_invoice bigint, description text, unit_amount numeric, quantity numeric DEFAULT 1, item bigint DEFAULT NULL
) RETURNS bigint
    LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO billing.invoice_lines (tenant_id, invoice_id, item_id, position, description, quantity, unit_amount)
    SELECT i.tenant_id, i.id, item,
        (SELECT coalesce(max(l.position), 0) + 1 FROM billing.invoice_lines AS l WHERE l.invoice_id = i.id),
        add_line.description, add_line.quantity, add_line.unit_amount
    FROM billing.invoices AS i WHERE i.id = to_invoice
    RETURNING id;
END;

CREATE FUNCTION billing.draft_invoice(of_subscription bigint, on_day date DEFAULT CURRENT_DATE) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    subscription billing.subscriptions;
    made bigint;
    item record;
    reduced numeric;
BEGIN
    SELECT * INTO STRICT subscription FROM billing.subscriptions AS s WHERE s.id = of_subscription;
    INSERT INTO billing.invoices (tenant_id, customer_id, subscription_id, currency, period_start, period_end)
    SELECT c.tenant_id, c.id, of_subscription, c.currency, subscription.period_start, subscription.period_end
    FROM billing.customers AS c WHERE c.id = subscription.customer_id
    RETURNING id INTO made;
    FOR item IN
        SELECT i.id, p.meter_id, pl.name,
            CASE WHEN p.meter_id IS NULL THEN billing.amount(p, i.quantity::numeric)
                 ELSE billing.usage_charge(i.id, subscription.period_start, subscription.period_end) END AS amount
        FROM billing.subscription_items AS i
            JOIN billing.prices AS p ON p.id = i.price_id
            JOIN billing.plans AS pl ON pl.id = p.plan_id
        WHERE i.subscription_id = of_subscription
    LOOP
        PERFORM billing.add_line(made, item.name, item.amount, 1, item.id);
    END LOOP;
    reduced := billing.discount(of_subscription, billing.invoice_net(made), on_day);
    IF reduced > 0 THEN
        PERFORM billing.add_line(made, 'Discount', -reduced);
    END IF;
    RETURN made;
END
$$;

CREATE FUNCTION billing.invoice_net(of_invoice bigint) RETURNS numeric
    LANGUAGE sql STABLE
    RETURN (SELECT coalesce(sum(l.amount), 0) FROM billing.invoice_lines AS l WHERE l.invoice_id = of_invoice);

CREATE FUNCTION billing.finalize_invoice(of_invoice bigint, on_day date DEFAULT CURRENT_DATE) RETURNS text
    LANGUAGE plpgsql
AS $$
DECLARE
    made text;
BEGIN
    INSERT INTO billing.invoice_taxes (tenant_id, invoice_id, region, percent, net, amount)
    SELECT i.tenant_id, i.id, r.region, billing.tax_percent(r.region, on_day), i.net, i.tax
    FROM billing.invoices AS i CROSS JOIN LATERAL billing.tax_region(i.customer_id) AS r (region)
    WHERE i.id = of_invoice AND i.tax <> 0;
    UPDATE billing.invoices AS i SET
        status = 'open',
        number = billing.next_number(i.tenant_id, extract(year FROM on_day)::integer),
        issued_on = on_day,
        due_on = on_day + c.payment_days::integer
    FROM billing.customers AS c
    WHERE i.id = of_invoice AND i.status = 'draft' AND c.id = i.customer_id
    RETURNING i.number INTO made;
    IF made IS NULL THEN
        RAISE EXCEPTION 'invoice % is no draft', of_invoice USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN made;
END
$$;

CREATE FUNCTION billing.void_invoice(of_invoice bigint, reason text) RETURNS void
    LANGUAGE sql
BEGIN ATOMIC
    UPDATE billing.invoices AS i SET status = 'void', memo = concat_ws(E'\n', i.memo, 'Void: ' || reason)
    WHERE i.id = of_invoice AND i.status = 'open';
END;

CREATE FUNCTION billing.paid(of_invoice bigint) RETURNS numeric
    LANGUAGE sql STABLE
    RETURN (SELECT coalesce(sum(a.amount), 0) FROM billing.payment_allocations AS a WHERE a.invoice_id = of_invoice);

CREATE FUNCTION billing.credited(of_invoice bigint) RETURNS numeric
    LANGUAGE sql STABLE
    RETURN (SELECT coalesce(sum(n.amount), 0) FROM billing.credit_notes AS n WHERE n.invoice_id = of_invoice);

-- invoices.balance, invoices.days_overdue: functions of a row read as columns.
CREATE FUNCTION billing.balance(invoice billing.invoices) RETURNS numeric
    LANGUAGE sql STABLE
    RETURN CASE WHEN (invoice).status IN ('draft', 'void') THEN 0
        ELSE (invoice).total - billing.paid((invoice).id) - billing.credited((invoice).id) END;

CREATE FUNCTION billing.days_overdue(invoice billing.invoices) RETURNS integer
    LANGUAGE sql STABLE
    RETURN CASE WHEN (invoice).status = 'open' THEN greatest(CURRENT_DATE - (invoice).due_on, 0) ELSE 0 END;

CREATE FUNCTION billing.credit_invoice(of_invoice bigint, amount numeric, reason text) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO billing.credit_notes (tenant_id, invoice_id, number, issued_on, reason)
    SELECT i.tenant_id, i.id, billing.next_number(i.tenant_id, extract(year FROM CURRENT_DATE)::integer, 'credit'),
        CURRENT_DATE, credit_invoice.reason
    FROM billing.invoices AS i WHERE i.id = of_invoice
    RETURNING id INTO STRICT made;
    INSERT INTO billing.credit_note_lines (tenant_id, credit_note_id, description, amount)
    SELECT n.tenant_id, n.id, n.reason, credit_invoice.amount FROM billing.credit_notes AS n WHERE n.id = made;
    RETURN made;
END
$$;

CREATE FUNCTION billing.next_dunning_level(of_invoice bigint) RETURNS bigint
    LANGUAGE sql STABLE
    RETURN (SELECT coalesce(max(d.level), 0) + 1 FROM billing.dunning_steps AS d WHERE d.invoice_id = of_invoice);

CREATE FUNCTION billing.dunning_fee(level bigint) RETURNS numeric
    LANGUAGE sql STABLE
    RETURN coalesce((billing.setting('dunning_fees') ->> level::text)::numeric, 0);
