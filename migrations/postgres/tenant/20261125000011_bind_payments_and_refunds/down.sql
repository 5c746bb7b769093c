DROP TRIGGER orders_refuse_refunded ON orders;
DROP TRIGGER refunds_refuse_delete ON refunds;
DROP TRIGGER refunds_refuse_update ON refunds;
DROP TRIGGER refunds_sum_insert ON refunds;
DROP TRIGGER orders_refuse_paid ON orders;
DROP TRIGGER payments_refuse_delete ON payments;
DROP TRIGGER payments_refuse_update ON payments;
DROP TRIGGER payments_sum_void ON payments;
DROP TRIGGER payments_sum_insert ON payments;
DROP FUNCTION check_refunded();
DROP FUNCTION check_paid();
DROP FUNCTION refuse_refund_change();
DROP FUNCTION refuse_payment_change();
DROP FUNCTION note_refunded();
DROP FUNCTION note_paid();
DROP FUNCTION sum_of_refunds(BIGINT, BIGINT);
DROP FUNCTION sum_of_payments(BIGINT, BIGINT);
ALTER TABLE return_lines DROP COLUMN unit_price, DROP COLUMN product_id;
ALTER TABLE returns
    DROP CONSTRAINT returns_reject_reason_check,
    DROP CONSTRAINT returns_received_check,
    DROP CONSTRAINT returns_decided_check,
    DROP COLUMN worth,
    DROP COLUMN max_refund,
    DROP COLUMN restocking_fee;
