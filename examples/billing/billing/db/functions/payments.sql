-- Money that comes in, where it goes, and money that goes out again.

CREATE FUNCTION billing.record_payment(of_customer bigint, received numeric, with_reference text) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO billing.payments (tenant_id, customer_id, method_id, status, currency, amount, reference)
    SELECT c.tenant_id, c.id, m.id, 'succeeded', c.currency, received, with_reference
    FROM billing.customers AS c LEFT JOIN billing.payment_methods AS m ON m.customer_id = c.id AND m.is_default
    WHERE c.id = of_customer
    ON CONFLICT (tenant_id, reference) DO NOTHING
    RETURNING id INTO made;
    IF made IS NOT NULL THEN
        PERFORM billing.allocate(made);
    END IF;
    RETURN made;
END
$$;

CREATE FUNCTION billing.unallocated(of_payment bigint) RETURNS numeric
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT p.amount
        - (SELECT coalesce(sum(a.amount), 0) FROM billing.payment_allocations AS a WHERE a.payment_id = p.id)
        - (SELECT coalesce(sum(r.amount), 0) FROM billing.refunds AS r WHERE r.payment_id = p.id)
    FROM billing.payments AS p WHERE p.id = of_payment AND p.status = 'succeeded';
END;

-- To the oldest invoices first.
CREATE FUNCTION billing.allocate(of_payment bigint) RETURNS integer
    LANGUAGE plpgsql
AS $$
DECLARE
    remaining numeric := billing.unallocated(of_payment);
    owed record;
    number integer := 0;
BEGIN
    FOR owed IN
        SELECT i.id, i.tenant_id, billing.balance(i) AS balance
        FROM billing.invoices AS i JOIN billing.payments AS p ON p.customer_id = i.customer_id
        WHERE p.id = of_payment AND i.status = 'open' AND i.currency = p.currency
        ORDER BY i.due_on, i.id
    LOOP
        EXIT WHEN remaining <= 0;
        INSERT INTO billing.payment_allocations (tenant_id, payment_id, invoice_id, amount)
        VALUES (owed.tenant_id, of_payment, owed.id, least(remaining, owed.balance));
        remaining := remaining - least(remaining, owed.balance);
        number := number + 1;
    END LOOP;
    RETURN number;
END
$$;

CREATE FUNCTION billing.refund_payment(of_payment bigint, amount numeric, reason text) RETURNS bigint
    LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO billing.refunds (tenant_id, payment_id, amount, reason)
    SELECT p.tenant_id, p.id, refund_payment.amount, refund_payment.reason
    FROM billing.payments AS p WHERE p.id = of_payment
    RETURNING id;
END;

CREATE FUNCTION billing.owed_by(of_customer bigint) RETURNS numeric
    LANGUAGE sql STABLE
    RETURN (SELECT coalesce(sum(billing.balance(i)), 0) FROM billing.invoices AS i
            WHERE i.customer_id = of_customer AND i.status = 'open');

CREATE FUNCTION billing.is_good_customer(of_customer bigint) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN NOT EXISTS (
        SELECT FROM billing.invoices AS i WHERE i.customer_id = of_customer AND billing.days_overdue(i) > 30
    );
