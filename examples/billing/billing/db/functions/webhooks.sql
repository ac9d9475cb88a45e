-- Telling others.

CREATE FUNCTION billing.publish(of_tenant uuid, about text, message jsonb) RETURNS void
    LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO billing.webhook_deliveries (tenant_id, endpoint_id, topic, payload)
    SELECT e.tenant_id, e.id, about, message FROM billing.webhook_endpoints AS e
    WHERE e.tenant_id = of_tenant AND e.disabled_at IS NULL AND about = ANY (e.topics);
END;

CREATE FUNCTION billing.retry_delay(attempts bigint) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN least(interval '1 minute' * 2 ^ attempts, interval '6 hours');

CREATE FUNCTION billing.take_deliveries(at_most integer DEFAULT 50) RETURNS SETOF billing.webhook_deliveries
    LANGUAGE sql
BEGIN ATOMIC
    UPDATE billing.webhook_deliveries AS d
    SET attempts = d.attempts + 1, due_at = now() + billing.retry_delay(d.attempts)
    WHERE d.id IN (
        SELECT w.id FROM billing.webhook_deliveries AS w
        WHERE w.delivered_at IS NULL AND w.due_at <= now()
        ORDER BY w.due_at LIMIT at_most FOR UPDATE SKIP LOCKED
    )
    RETURNING d.*;
END;

CREATE FUNCTION billing.delivered(of_delivery bigint, error text DEFAULT NULL) RETURNS void
    LANGUAGE sql
BEGIN ATOMIC
    UPDATE billing.webhook_deliveries AS d
    SET delivered_at = CASE WHEN error IS NULL THEN now() END, last_error = error
    WHERE d.id = of_delivery;
END;

CREATE PROCEDURE billing.forget_deliveries(older_than interval DEFAULT '90 days')
    LANGUAGE sql
BEGIN ATOMIC
    DELETE FROM billing.webhook_deliveries WHERE delivered_at < now() - older_than;
END;
