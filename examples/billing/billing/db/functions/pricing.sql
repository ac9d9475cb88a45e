-- From a plan and a quantity to an amount.

CREATE FUNCTION billing.active_price(of_plan bigint, in_currency text, on_day date DEFAULT CURRENT_DATE)
    RETURNS SETOF billing.prices
    LANGUAGE sql STABLE ROWS 1
BEGIN ATOMIC
    SELECT p.* FROM billing.prices AS p
    WHERE p.plan_id = of_plan AND p.currency = in_currency AND p.valid_from <= on_day AND p.meter_id IS NULL
    ORDER BY p.valid_from DESC LIMIT 1;
END;

-- All units cost what the highest tier says that the quantity reaches.
CREATE FUNCTION billing.volume_amount(of_price bigint, quantity numeric) RETURNS numeric
    LANGUAGE sql STABLE
    RETURN quantity * (
        SELECT t.unit_amount FROM billing.price_tiers AS t
        WHERE t.price_id = of_price AND t.above < quantity ORDER BY t.above DESC LIMIT 1
    );

-- Each unit costs what its own tier says.
CREATE FUNCTION billing.graduated_amount(of_price bigint, quantity numeric) RETURNS numeric
    LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH tiers AS (
        SELECT t.above, t.unit_amount, lead(t.above, 1, 'infinity') OVER (ORDER BY t.above) AS up_to
        FROM billing.price_tiers AS t WHERE t.price_id = of_price
    )
    SELECT coalesce(sum((least(quantity, up_to) - above) * unit_amount) FILTER (WHERE quantity > above), 0) FROM tiers;
END;

CREATE FUNCTION billing.amount(price billing.prices, quantity numeric) RETURNS numeric
    LANGUAGE sql STABLE
    RETURN CASE (price).scheme
        WHEN 'flat' THEN (price).unit_amount
        WHEN 'per_unit' THEN (price).unit_amount * quantity
        WHEN 'volume' THEN billing.volume_amount((price).id, quantity)
        ELSE billing.graduated_amount((price).id, quantity)
    END;

CREATE FUNCTION billing.is_redeemable(coupon billing.coupons) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN (coupon).redeemed < coalesce((coupon).redeemable, (coupon).redeemed + 1)
        AND coalesce((coupon).valid_until, 'infinity') >= CURRENT_DATE;

CREATE FUNCTION billing.discount(of_subscription bigint, amount numeric, on_day date DEFAULT CURRENT_DATE)
    RETURNS numeric
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(billing.percent_off(amount, sum(c.percent)), 0)
    FROM billing.subscription_discounts AS d JOIN billing.coupons AS c ON c.id = d.coupon_id
    WHERE d.subscription_id = of_subscription AND coalesce(d.valid_until, 'infinity') >= on_day;
END;

CREATE FUNCTION billing.redeem(of_subscription bigint, coupon_code text) RETURNS boolean
    LANGUAGE plpgsql
AS $$
DECLARE
    coupon billing.coupons;
BEGIN
    SELECT * INTO coupon FROM billing.coupons AS c WHERE c.code = coupon_code FOR UPDATE;
    IF NOT FOUND OR NOT billing.is_redeemable(coupon) THEN
        RETURN false;
    END IF;
    INSERT INTO billing.subscription_discounts (tenant_id, subscription_id, coupon_id, valid_until)
    VALUES (coupon.tenant_id, of_subscription, coupon.id, CURRENT_DATE + make_interval(months => coupon.months::integer));
    RETURN true;
END
$$;
