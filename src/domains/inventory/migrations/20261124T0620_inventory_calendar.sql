-- What the calendar ends is looked for every minute, in every organization: by an index, not by reading all levels.
create index stock_level_expiry on bss.stock_level (organization_id, site_id, next_expiry_at) where next_expiry_at is not null;
create index reservation_overdue on bss.reservation (organization_id, site_id, expires_at) where expires_at is not null and status = 'open' and kind = 'soft';
