-- The terms that a return was asked for by, and what those pieces cost that came back: the fee in hundredths of a percent, and
-- how much is given back at the most, in the order's currency. And a return is where its stamps say it is.
ALTER TABLE returns ADD COLUMN restocking_fee BIGINT NOT NULL DEFAULT 0
    CHECK (restocking_fee BETWEEN 0 AND 10000)
    CHECK ((status = 'requested') = (decided_at IS NULL))
    CHECK ((status = 'received') = (received_at IS NOT NULL))
    CHECK (status = 'rejected' OR reject_reason IS NULL);
ALTER TABLE returns ADD COLUMN max_refund BIGINT CHECK (max_refund > 0);
ALTER TABLE returns ADD COLUMN worth BIGINT NOT NULL DEFAULT 0 CHECK (worth >= 0);
-- What the pieces are, and what one of them cost: whoever counts them need not ask the order.
ALTER TABLE return_lines ADD COLUMN product_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE return_lines ADD COLUMN unit_price BIGINT NOT NULL DEFAULT 0 CHECK (unit_price >= 0);

UPDATE return_lines SET
    product_id = (
        SELECT l.product_id FROM order_lines l
        WHERE l.vendor_id = return_lines.vendor_id AND l.order_id = return_lines.order_id AND l.id = return_lines.line_id
    ),
    unit_price = (
        SELECT l.unit_price FROM order_lines l
        WHERE l.vendor_id = return_lines.vendor_id AND l.order_id = return_lines.order_id AND l.id = return_lines.line_id
    );

-- Until now they went by the rules of the day.
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

-- What an order says is paid is what its payments come to that are not voided, whoever writes them.
CREATE TRIGGER payments_sum_insert AFTER INSERT ON payments BEGIN
    UPDATE orders SET paid = (
        SELECT COALESCE(SUM(amount), 0) FROM payments
        WHERE vendor_id = NEW.vendor_id AND order_id = NEW.order_id AND voided_at IS NULL
    ) WHERE vendor_id = NEW.vendor_id AND id = NEW.order_id;
END;

CREATE TRIGGER payments_sum_void AFTER UPDATE OF voided_at ON payments BEGIN
    UPDATE orders SET paid = (
        SELECT COALESCE(SUM(amount), 0) FROM payments
        WHERE vendor_id = NEW.vendor_id AND order_id = NEW.order_id AND voided_at IS NULL
    ) WHERE vendor_id = NEW.vendor_id AND id = NEW.order_id;
END;

CREATE TRIGGER payments_refuse_update BEFORE UPDATE OF amount ON payments BEGIN
    SELECT RAISE(ABORT, 'payments stay');
END;

CREATE TRIGGER payments_refuse_delete BEFORE DELETE ON payments BEGIN
    SELECT RAISE(ABORT, 'payments stay');
END;

CREATE TRIGGER orders_refuse_paid BEFORE UPDATE OF paid ON orders WHEN NEW.paid <> OLD.paid BEGIN
    SELECT RAISE(ABORT, 'what is paid is what the payments come to') WHERE NEW.paid <> (
        SELECT COALESCE(SUM(amount), 0) FROM payments WHERE vendor_id = NEW.vendor_id AND order_id = NEW.id AND voided_at IS NULL
    );
END;

-- What an order says was given back is what its refunds come to, and that is never more than is paid.
CREATE TRIGGER refunds_sum_insert AFTER INSERT ON refunds BEGIN
    UPDATE orders SET refunded = (
        SELECT COALESCE(SUM(amount), 0) FROM refunds WHERE vendor_id = NEW.vendor_id AND order_id = NEW.order_id
    ) WHERE vendor_id = NEW.vendor_id AND id = NEW.order_id;
END;

CREATE TRIGGER refunds_refuse_update BEFORE UPDATE OF amount ON refunds BEGIN
    SELECT RAISE(ABORT, 'refunds stay');
END;

CREATE TRIGGER refunds_refuse_delete BEFORE DELETE ON refunds BEGIN
    SELECT RAISE(ABORT, 'refunds stay');
END;

CREATE TRIGGER orders_refuse_refunded BEFORE UPDATE OF refunded ON orders WHEN NEW.refunded <> OLD.refunded BEGIN
    SELECT RAISE(ABORT, 'what is given back is what the refunds come to') WHERE NEW.refunded <> (
        SELECT COALESCE(SUM(amount), 0) FROM refunds WHERE vendor_id = NEW.vendor_id AND order_id = NEW.id
    );
END;
