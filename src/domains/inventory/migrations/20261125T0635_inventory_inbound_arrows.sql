-- Only the arrows of notices, their units and inspections (inbound/rules.ts has the same tables; a test walks every pair).
create function bss.ship_notice_may_become(p_from text, p_to text) returns boolean
language sql immutable parallel safe
as $$
  select case p_from when 'announced' then p_to in ('receiving', 'received', 'cancelled') when 'receiving' then p_to = 'received' else false end
$$;
create function bss.ship_notice_unit_may_become(p_from text, p_to text) returns boolean
language sql immutable parallel safe
as $$
  select p_from = 'announced' and p_to in ('received', 'cancelled')
$$;
create function bss.inspection_may_become(p_from text, p_to text) returns boolean
language sql immutable parallel safe
as $$
  select p_from = 'open' and p_to = 'decided'
$$;
create function bss.inbound_follows_its_states() returns trigger
language plpgsql
as $$
declare
  may boolean;
begin
  may := case tg_table_name when 'ship_notice' then bss.ship_notice_may_become(old.status, new.status) when 'ship_notice_unit' then bss.ship_notice_unit_may_become(old.status, new.status)
              else bss.inspection_may_become(old.status, new.status) end;
  if not may then
    perform sec.refuse('illegal_transition', format('What is %s cannot become %s.', replace(old.status, '_', ' '), replace(new.status, '_', ' ')));
  end if;
  return new;
end
$$;
create trigger states before update of status on bss.ship_notice for each row when (old.status is distinct from new.status) execute function bss.inbound_follows_its_states();
create trigger states before update of status on bss.ship_notice_unit for each row when (old.status is distinct from new.status) execute function bss.inbound_follows_its_states();
create trigger states before update of status on bss.inspection for each row when (old.status is distinct from new.status) execute function bss.inbound_follows_its_states();

do $do$
declare f text;
begin
  foreach f in array array['ship_notice_may_become', 'ship_notice_unit_may_become', 'inspection_may_become', 'inbound_follows_its_states'] loop
    execute format('revoke execute on function bss.%I from public', f);
    execute format('grant execute on function bss.%I to bss_app, bss_worker', f);
  end loop;
end
$do$;
