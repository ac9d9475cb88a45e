-- What the board asks for.

CREATE FUNCTION billing.mrr_at(day date) RETURNS TABLE (currency text, mrr numeric)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.currency, sum(billing.monthly_amount(s.id))
    FROM billing.subscriptions AS s JOIN billing.customers AS c ON c.id = s.customer_id
    WHERE s.started_on <= day AND coalesce(s.ended_on, 'infinity') > day AND s.status <> 'trialing'
    GROUP BY c.currency;
END;

CREATE FUNCTION billing.churn_between(from_day date, to_day date) RETURNS numeric
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT round(
        100.0 * count(*) FILTER (WHERE s.ended_on BETWEEN from_day AND to_day) / nullif(count(*), 0), 2
    )
    FROM billing.subscriptions AS s
    WHERE s.started_on < from_day AND coalesce(s.ended_on, 'infinity') >= from_day;
END;

CREATE FUNCTION billing.revenue_by_month(from_month date, to_month date)
    RETURNS TABLE (month date, currency text, net numeric)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT r.month, r.currency, sum(r.net) FROM billing.monthly_revenue AS r
    WHERE r.month BETWEEN from_month AND to_month
    GROUP BY r.month, r.currency ORDER BY r.month;
END;

CREATE FUNCTION billing.statement(of_customer bigint, from_day date DEFAULT '-infinity')
    RETURNS TABLE (day date, what text, amount numeric, balance numeric)
    LANGUAGE sql STABLE
AS $$
    WITH booked (day, what, amount) AS (
        SELECT i.issued_on, 'Invoice ' || i.number, i.total FROM billing.invoices AS i
        WHERE i.customer_id = of_customer AND i.status IN ('open', 'paid')
        UNION ALL
        SELECT n.issued_on, 'Credit note ' || n.number, -n.amount
        FROM billing.credit_notes AS n JOIN billing.invoices AS i ON i.id = n.invoice_id
        WHERE i.customer_id = of_customer
        UNION ALL
        SELECT billing.day_of(p.received_at), 'Payment ' || p.reference, -p.amount FROM billing.payments AS p
        WHERE p.customer_id = of_customer AND p.status = 'succeeded'
    )
    SELECT b.day, b.what, b.amount, sum(b.amount) OVER (ORDER BY b.day, b.what)
    FROM booked AS b WHERE b.day >= from_day
    ORDER BY b.day, b.what
$$;

CREATE PROCEDURE billing.refresh_reports()
    LANGUAGE plpgsql
AS $$
BEGIN
    REFRESH MATERIALIZED VIEW billing.monthly_revenue;
    REFRESH MATERIALIZED VIEW billing.mrr_by_plan;
    REFRESH MATERIALIZED VIEW billing.usage_by_month;
    REFRESH MATERIALIZED VIEW billing.customer_value;
    REFRESH MATERIALIZED VIEW billing.tax_summary;
    REFRESH MATERIALIZED VIEW ledger.closing_balances;
END
$$;
