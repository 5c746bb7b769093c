CREATE TABLE events (
    vendor_id BIGINT NOT NULL,
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    resource TEXT NOT NULL,
    resource_id BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BIGINT,
    data TEXT NOT NULL,
    occurred_at TIMESTAMP NOT NULL,
    UNIQUE (vendor_id, id)
);

CREATE INDEX events_vendor_id_resource_resource_id_idx ON events (vendor_id, resource, resource_id, id);
