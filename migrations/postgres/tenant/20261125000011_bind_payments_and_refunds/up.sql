-- The terms that a return was asked for by, and what those pieces cost that came back: the fee in hundredths of a percent, and
-- how much is given back at the most, in the order's currency. And a return is where its stamps say it is.
ALTER TABLE returns
    ADD COLUMN restocking_fee BIGINT NOT NULL DEFAULT 0 CHECK (restocking_fee BETWEEN 0 AND 10000),
    ADD COLUMN max_refund BIGINT CHECK (max_refund > 0),
    ADD COLUMN worth BIGINT NOT NULL DEFAULT 0 CHECK (worth >= 0),
    ADD CONSTRAINT returns_decided_check CHECK ((status = 'requested') = (decided_at IS NULL)),
    ADD CONSTRAINT returns_received_check CHECK ((status = 'received') = (received_at IS NOT NULL)),
    ADD CONSTRAINT returns_reject_reason_check CHECK (status = 'rejected' OR reject_reason IS NULL);
-- What the pieces are, and what one of them cost: whoever counts them need not ask the order.
ALTER TABLE return_lines
    ADD COLUMN product_id BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN unit_price BIGINT NOT NULL DEFAULT 0 CHECK (unit_price >= 0);

-- Until now they went by the rules of the day. Everybody's rows are meant, so row-level security steps aside for these statements.
ALTER TABLE returns NO FORCE ROW LEVEL SECURITY;
ALTER TABLE return_lines NO FORCE ROW LEVEL SECURITY;
ALTER TABLE order_lines NO FORCE ROW LEVEL SECURITY;
ALTER TABLE orders NO FORCE ROW LEVEL SECURITY;
ALTER TABLE vendor_settings NO FORCE ROW LEVEL SECURITY;
UPDATE return_lines SET
    product_id = (
        SELECT l.product_id FROM order_lines l
        WHERE l.vendor_id = return_lines.vendor_id AND l.order_id = return_lines.order_id AND l.id = return_lines.line_id
    ),
    unit_price = (
        SELECT l.unit_price FROM order_lines l
        WHERE l.vendor_id = return_lines.vendor_id AND l.order_id = return_lines.order_id AND l.id = return_lines.line_id
    );
UPDATE returns SET
    restocking_fee = COALESCE((SELECT s.restocking_fee FROM vendor_settings s WHERE s.vendor_id = returns.vendor_id), 0),
    max_refund = (
        SELECT s.max_refund FROM vendor_settings s, orders o
        WHERE s.vendor_id = returns.vendor_id AND o.vendor_id = returns.vendor_id AND o.id = returns.order_id AND s.currency = o.currency
    ),
    worth = COALESCE((
        SELECT SUM((r.good + r.damaged) * r.unit_price) FROM return_lines r
        WHERE r.vendor_id = returns.vendor_id AND r.order_id = returns.order_id AND r.return_id = returns.id
    ), 0);
ALTER TABLE returns FORCE ROW LEVEL SECURITY;
ALTER TABLE return_lines FORCE ROW LEVEL SECURITY;
ALTER TABLE order_lines FORCE ROW LEVEL SECURITY;
ALTER TABLE orders FORCE ROW LEVEL SECURITY;
ALTER TABLE vendor_settings FORCE ROW LEVEL SECURITY;

-- What the payments of an order come to that are not voided.
CREATE FUNCTION sum_of_payments(of_vendor BIGINT, of_order BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
BEGIN
    RETURN (
        SELECT COALESCE(SUM(amount), 0)::BIGINT FROM payments
        WHERE vendor_id = of_vendor AND order_id = of_order AND voided_at IS NULL
    );
END
$$;

-- What the refunds of an order come to.
CREATE FUNCTION sum_of_refunds(of_vendor BIGINT, of_order BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT COALESCE(SUM(amount), 0)::BIGINT FROM refunds WHERE vendor_id = of_vendor AND order_id = of_order);
END
$$;

-- The order is held before anything is summed: what others write of it meanwhile is not to be missed.
CREATE FUNCTION note_paid() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM orders WHERE vendor_id = NEW.vendor_id AND id = NEW.order_id FOR UPDATE;
    UPDATE orders SET paid = sum_of_payments(NEW.vendor_id, NEW.order_id) WHERE vendor_id = NEW.vendor_id AND id = NEW.order_id;
    RETURN NULL;
END
$$;

CREATE FUNCTION note_refunded() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM orders WHERE vendor_id = NEW.vendor_id AND id = NEW.order_id FOR UPDATE;
    UPDATE orders SET refunded = sum_of_refunds(NEW.vendor_id, NEW.order_id) WHERE vendor_id = NEW.vendor_id AND id = NEW.order_id;
    RETURN NULL;
END
$$;

CREATE FUNCTION refuse_payment_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'payments stay';
END
$$;

CREATE FUNCTION refuse_refund_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'refunds stay';
END
$$;

CREATE FUNCTION check_paid() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.paid <> sum_of_payments(NEW.vendor_id, NEW.id) THEN
        RAISE EXCEPTION 'what is paid is what the payments come to';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION check_refunded() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.refunded <> sum_of_refunds(NEW.vendor_id, NEW.id) THEN
        RAISE EXCEPTION 'what is given back is what the refunds come to';
    END IF;
    RETURN NEW;
END
$$;

-- What an order says is paid is what its payments come to, whoever writes them.
CREATE TRIGGER payments_sum_insert AFTER INSERT ON payments
    FOR EACH ROW EXECUTE FUNCTION note_paid();
CREATE TRIGGER payments_sum_void AFTER UPDATE OF voided_at ON payments
    FOR EACH ROW EXECUTE FUNCTION note_paid();
CREATE TRIGGER payments_refuse_update BEFORE UPDATE OF amount ON payments
    FOR EACH ROW EXECUTE FUNCTION refuse_payment_change();
CREATE TRIGGER payments_refuse_delete BEFORE DELETE ON payments
    FOR EACH ROW EXECUTE FUNCTION refuse_payment_change();
CREATE TRIGGER orders_refuse_paid BEFORE UPDATE OF paid ON orders
    FOR EACH ROW WHEN (NEW.paid <> OLD.paid) EXECUTE FUNCTION check_paid();

-- What it says was given back is what its refunds come to, and that is never more than is paid.
CREATE TRIGGER refunds_sum_insert AFTER INSERT ON refunds
    FOR EACH ROW EXECUTE FUNCTION note_refunded();
CREATE TRIGGER refunds_refuse_update BEFORE UPDATE OF amount ON refunds
    FOR EACH ROW EXECUTE FUNCTION refuse_refund_change();
CREATE TRIGGER refunds_refuse_delete BEFORE DELETE ON refunds
    FOR EACH ROW EXECUTE FUNCTION refuse_refund_change();
CREATE TRIGGER orders_refuse_refunded BEFORE UPDATE OF refunded ON orders
    FOR EACH ROW WHEN (NEW.refunded <> OLD.refunded) EXECUTE FUNCTION check_refunded();
