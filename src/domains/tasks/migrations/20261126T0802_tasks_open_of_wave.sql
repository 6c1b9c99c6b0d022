-- Whether a wave has anything left to do, without looking at what it has done.
create index warehouse_task_open_of_wave on bss.warehouse_task (organization_id, wave_id) where wave_id is not null and ended_at is null;
