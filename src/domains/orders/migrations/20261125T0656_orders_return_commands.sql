-- What the commands on a return do in the database. Locks as everywhere: the orders by id, then the return, then lots and levels.

-- How much of each lot of an order line was shipped, has not come back, and is not announced by an open return.
create function bss.returnable_lots(p_organization uuid, p_order_line uuid) returns table (lot_id uuid, quantity numeric)
language sql stable
as $$
  select v.lot_id, sum(v.quantity)
         - coalesce((select sum(r.quantity) from bss.sales_return_receipt r join bss.sales_return_line x on x.organization_id = p_organization and x.id = r.return_line_id
                      where r.organization_id = p_organization and x.order_line_id = p_order_line and r.lot_id = v.lot_id), 0)
         - coalesce((select sum(x.quantity - x.received) from bss.sales_return_line x join bss.sales_return s on s.organization_id = p_organization and s.id = x.return_id
                      where x.organization_id = p_organization and x.order_line_id = p_order_line and x.lot_id = v.lot_id and s.status in ('requested', 'approved', 'awaiting_receipt')), 0)
    from bss.reservation v
   where v.organization_id = p_organization and v.demand_line_id = p_order_line and v.status = 'consumed' and v.lot_id is not null
   group by v.lot_id
$$;

create function bss.request_return(
  p_organization uuid, p_id uuid, p_site uuid, p_line_ids uuid[], p_order_lines uuid[], p_lots uuid[], p_quantities numeric[], p_reasons text[],
  p_note text, p_source text, p_ref text, p_requested_at timestamptz
) returns table (organization_id uuid, number text)
language plpgsql
as $$
#variable_conflict use_column
declare
  faults jsonb;
  customer uuid;
  site uuid;
  taken record;
  v_number text;
begin
  perform bss.lock_orders_of(p_organization, p_order_lines);
  with line as materialized (
    select u.n, u.lot_id, u.quantity, l.id, l.customer_id, l.shipped - l.returned - l.to_return as may, i.tracking,
           sum(u.quantity) over (partition by u.order_line_id order by u.n) as running, first_value(l.customer_id) over (order by u.n) as first_customer,
           sum(u.quantity) over (partition by u.order_line_id, u.lot_id order by u.n) as running_lot,
           case when u.lot_id is not null then coalesce((select k.quantity from bss.returnable_lots(p_organization, u.order_line_id) k where k.lot_id = u.lot_id), 0) end as may_lot
      from unnest(p_order_lines, p_lots, p_quantities) with ordinality u (order_line_id, lot_id, quantity, n)
      left join bss.sales_order_line l on l.organization_id = p_organization and l.id = u.order_line_id
      left join bss.item i on i.organization_id = p_organization and i.id = l.item_id
  ), fault as (
    select n, 'orderLineId' as field, 'unknown_line' as code, 'There is no such order line.' as message from line where id is null
    union all select n, 'orderLineId', 'other_customer', 'All lines of a return are of one customer.' from line where customer_id <> first_customer
    union all select n, 'quantity', 'too_much', format('Only %s of this line were shipped and have not been returned.', trim_scale(may)) from line where running > may
    union all select n, 'lotId', 'lot_not_shipped', format('Only %s of this lot were shipped with this line and have not been returned.', trim_scale(greatest(may_lot, 0))) from line where running_lot > may_lot
    union all select n, 'quantity', 'serial_is_one', 'A serial number is one piece.' from line where tracking = 'serial' and lot_id is not null and quantity <> 1
  )
  select (select jsonb_agg(jsonb_build_object('pointer', format('/lines/%s/%s', n - 1, field), 'code', code, 'message', message) order by n) from fault), (select l.first_customer from line l order by l.n limit 1)
    into faults, customer;
  if faults is not null then
    perform sec.refuse('conflict', 'Some lines cannot be returned.', faults);
  end if;
  select coalesce(p_site, o.site_id) into site from bss.sales_order_line l join bss.sales_order o on o.organization_id = p_organization and o.id = l.order_id where l.organization_id = p_organization and l.id = p_order_lines[1];
  update bss.sales_order_line l set to_return = l.to_return + s.quantity
    from (select u.id, sum(u.quantity) as quantity from unnest(p_order_lines, p_quantities) u(id, quantity) group by u.id) s
   where l.organization_id = p_organization and l.id = s.id;
  taken := bss.take_numbers(p_organization, 'sales_return', 'RMA-', 1);
  v_number := taken.prefix || lpad(taken.first_number::text, greatest(6, length(taken.first_number::text)), '0');
  insert into bss.sales_return (organization_id, id, number, customer_id, site_id, status, note, external_source, external_ref, requested_at)
  values (p_organization, p_id, v_number, customer, site, 'requested', p_note, p_source, p_ref, coalesce(p_requested_at, now()));
  insert into bss.sales_return_line (organization_id, id, return_id, line_no, order_id, order_line_id, item_id, lot_id, quantity, reason)
  select p_organization, u.id, p_id, u.n, l.order_id, l.id, l.item_id, u.lot_id, u.quantity, u.reason
    from unnest(p_line_ids, p_order_lines, p_lots, p_quantities, p_reasons) with ordinality u (id, order_line_id, lot_id, quantity, reason, n)
    join bss.sales_order_line l on l.organization_id = p_organization and l.id = u.order_line_id;
  return query select p_organization, v_number;
end
$$;

-- Locks the orders of a return and then the return, and sees that it stands where the command needs it.
create function bss.lock_return(p_organization uuid, p_return uuid, p_status text) returns void
language plpgsql
as $$
declare
  status text;
begin
  perform bss.lock_orders_of(p_organization, (select array_agg(x.order_line_id) from bss.sales_return_line x where x.organization_id = p_organization and x.return_id = p_return));
  select s.status into status from bss.sales_return s where s.organization_id = p_organization and s.id = p_return for no key update;
  if not found then
    perform sec.refuse('not_found', 'There is no such return.');
  end if;
  if status <> p_status then
    perform sec.refuse('illegal_transition', format('This return is %s, not %s.', replace(status, '_', ' '), replace(p_status, '_', ' ')));
  end if;
end
$$;

-- Gives up what a return asked for and will not get.
create function bss.give_up_returned(p_organization uuid, p_return uuid) returns void
language plpgsql
as $$
declare
  changed int;
begin
  update bss.sales_order_line l set to_return = l.to_return - s.quantity
    from (select x.order_line_id, sum(x.quantity - x.received) as quantity from bss.sales_return_line x
           where x.organization_id = p_organization and x.return_id = p_return and x.received < x.quantity group by x.order_line_id) s
   where l.organization_id = p_organization and l.id = s.order_line_id;
  get diagnostics changed = row_count;
  if changed <> (select count(distinct x.order_line_id) from bss.sales_return_line x where x.organization_id = p_organization and x.return_id = p_return and x.received < x.quantity) then
    perform sec.refuse('conflict', 'An order of this return belongs to a site that you do not work at.');
  end if;
end
$$;

create function bss.reject_return(p_organization uuid, p_return uuid, p_reason text) returns table (organization_id uuid)
language plpgsql
as $$
#variable_conflict use_column
begin
  perform bss.lock_return(p_organization, p_return, 'requested');
  perform bss.give_up_returned(p_organization, p_return);
  return query update bss.sales_return s set status = 'rejected', decision_note = p_reason where s.organization_id = p_organization and s.id = p_return returning s.organization_id;
end
$$;

-- Goods come back into a receiving or quarantine location. Refusals name the line (/lines/0/...).
create function bss.receive_return(
  p_organization uuid, p_return uuid, p_ids uuid[], p_lines uuid[], p_lots uuid[], p_lot_numbers text[], p_locations uuid[], p_quantities numeric[],
  p_key text, p_at timestamptz, p_is_complete boolean, p_actor_name text
) returns table (organization_id uuid)
language plpgsql
as $$
#variable_conflict use_column
declare
  faults jsonb;
  items uuid[];
  lots uuid[];
  order_lines uuid[];
  outside uuid;
  changed int;
begin
  perform bss.lock_return(p_organization, p_return, 'awaiting_receipt');
  with line as materialized (
    select u.n, u.quantity, u.lot_number, x.id, x.item_id, x.order_line_id, x.quantity - x.received as awaited, i.tracking, o.id is not null and o.site_id = s.site_id and o.status = 'active' and o.kind in ('receive', 'quarantine') as is_place,
           coalesce(u.lot_id, t.id, case when u.lot_number is null then x.lot_id end) as lot_id, x.lot_id as announced,
           sum(u.quantity) over (partition by u.line_id order by u.n) as running
      from unnest(p_lines, p_lots, p_lot_numbers, p_locations, p_quantities) with ordinality u (line_id, lot_id, lot_number, location_id, quantity, n)
      join bss.sales_return s on s.organization_id = p_organization and s.id = p_return
      left join bss.sales_return_line x on x.organization_id = p_organization and x.return_id = p_return and x.id = u.line_id
      left join bss.item i on i.organization_id = p_organization and i.id = x.item_id
      left join bss.lot t on t.organization_id = p_organization and t.item_id = x.item_id and t.number = u.lot_number
      left join bss.location o on o.organization_id = p_organization and o.id = u.location_id
  ), counted as materialized (
    -- What is announced by a line of this return is its own to receive.
    select l.*, sum(l.quantity) over (partition by l.order_line_id, l.lot_id order by l.n) as running_lot,
           coalesce((select k.quantity from bss.returnable_lots(p_organization, l.order_line_id) k where k.lot_id = l.lot_id), 0)
           + coalesce((select sum(x.quantity - x.received) from bss.sales_return_line x where x.organization_id = p_organization and x.return_id = p_return and x.order_line_id = l.order_line_id and x.lot_id = l.lot_id), 0) as may_lot
      from line l
  ), fault as (
    select n, 'returnLineId' as field, 'unknown_line' as code, 'This return has no such line.' as message from counted where id is null
    union all select n, 'quantity', 'too_much', format('Only %s of this line are awaited.', trim_scale(awaited)) from counted where running > awaited
    union all select n, 'locationId', 'wrong_location', 'Returned goods are received at an active receiving or quarantine location of the site of the return.' from counted where is_place is not true
    union all select n, 'lotNumber', 'unknown_lot', 'This item has no such lot.' from counted where lot_number is not null and lot_id is null
    union all select n, 'lotId', 'lot_required', format('This item is tracked by %s.', tracking) from counted where tracking <> 'none' and lot_id is null and lot_number is null
    union all select n, 'lotId', 'lot_not_shipped', format('Only %s of this lot were shipped with this line and have not been returned.', trim_scale(greatest(may_lot, 0))) from counted where lot_id is not null and running_lot > may_lot
  )
  select (select jsonb_agg(jsonb_build_object('pointer', format('/lines/%s/%s', n - 1, field), 'code', code, 'message', message) order by n) from fault),
         array_agg(item_id order by n), array_agg(lot_id order by n), array_agg(order_line_id order by n)
    into faults, items, lots, order_lines from counted;
  if faults is not null then
    perform sec.refuse('conflict', 'Some goods cannot be received.', faults);
  end if;
  if order_lines is not null then
    update bss.sales_order_line l set returned = l.returned + s.quantity, to_return = l.to_return - s.quantity
      from (select u.id, sum(u.quantity) as quantity from unnest(order_lines, p_quantities) u(id, quantity) group by u.id) s
     where l.organization_id = p_organization and l.id = s.id;
    get diagnostics changed = row_count;
    if changed <> (select count(distinct u.id) from unnest(order_lines) u(id)) then
      perform sec.refuse('conflict', 'An order of this return belongs to a site that you do not work at.');
    end if;
    update bss.sales_return_line x set received = x.received + s.quantity
      from (select u.id, sum(u.quantity) as quantity from unnest(p_lines, p_quantities) u(id, quantity) group by u.id) s
     where x.organization_id = p_organization and x.id = s.id;
    select o.id into outside from bss.sales_return s join bss.location o on o.organization_id = p_organization and o.site_id = s.site_id and o.virtual_role = 'outside' where s.organization_id = p_organization and s.id = p_return;
    perform bss.post_moves(p_organization, 'return', 'return', p_key, (select array_agg(bss.new_id()) from unnest(p_ids)), array_fill(p_return, array[cardinality(p_ids)]), p_lines, items,
      array_fill(outside, array[cardinality(p_ids)]), p_locations, lots, p_quantities, array_fill(p_at, array[cardinality(p_ids)]), array_fill(null::uuid, array[cardinality(p_ids)]), false);
    insert into bss.sales_return_receipt (organization_id, id, return_id, return_line_id, site_id, item_id, lot_id, location_id, quantity, received_at)
    select p_organization, u.id, p_return, u.line_id, s.site_id, u.item_id, u.lot_id, u.location_id, u.quantity, p_at
      from unnest(p_ids, p_lines, items, lots, p_locations, p_quantities) u (id, line_id, item_id, lot_id, location_id, quantity)
      join bss.sales_return s on s.organization_id = p_organization and s.id = p_return;
    insert into bss.sales_order_event (organization_id, id, order_id, kind, actor_name, details)
    select p_organization, bss.new_id(), x.order_id, 'returned', p_actor_name, jsonb_build_object('returnId', p_return, 'lines', jsonb_agg(jsonb_build_object('lineId', x.order_line_id, 'quantity', trim_scale(u.quantity)::text)))
      from unnest(p_lines, p_quantities) u (id, quantity)
      join bss.sales_return_line x on x.organization_id = p_organization and x.id = u.id
     group by x.order_id;
  end if;
  if p_is_complete or not exists (select 1 from bss.sales_return_line x where x.organization_id = p_organization and x.return_id = p_return and x.received < x.quantity) then
    perform bss.give_up_returned(p_organization, p_return);
    update bss.sales_return s set status = 'received', received_at = p_at where s.organization_id = p_organization and s.id = p_return;
  end if;
  return query select p_organization;
end
$$;

-- What becomes of goods that came back. They move where they have to; promises that no longer fit are broken and told.
create function bss.dispose_return(
  p_organization uuid, p_return uuid, p_ids uuid[], p_receipts uuid[], p_dispositions text[], p_quantities numeric[], p_locations uuid[], p_key text
) returns table (organization_id uuid)
language plpgsql
as $$
#variable_conflict use_column
declare
  faults jsonb;
  targets uuid[];
  kind text;
  broken bss.broken_promise[];
  m record;
begin
  perform bss.lock_return(p_organization, p_return, 'inspected');
  with line as materialized (
    select u.n, u.disposition, u.quantity, u.location_id as wanted, r.id, r.condition, r.quantity - r.disposed as awaiting, f.kind as lies_in,
           o.id is not null and o.site_id = r.site_id and o.status = 'active' as is_place, o.kind as to_kind, sum(u.quantity) over (partition by u.receipt_id order by u.n) as running,
           case u.disposition when 'scrap' then (select v.id from bss.location v where v.organization_id = p_organization and v.site_id = r.site_id and v.virtual_role = 'adjustment')
                              when 'return_to_vendor' then (select v.id from bss.location v where v.organization_id = p_organization and v.site_id = r.site_id and v.virtual_role = 'outside')
                              else coalesce(u.location_id, r.location_id) end as target
      from unnest(p_receipts, p_dispositions, p_quantities, p_locations) with ordinality u (receipt_id, disposition, quantity, location_id, n)
      left join bss.sales_return_receipt r on r.organization_id = p_organization and r.return_id = p_return and r.id = u.receipt_id
      left join bss.location f on f.organization_id = p_organization and f.id = r.location_id
      left join bss.location o on o.organization_id = p_organization and o.id = u.location_id
  ), fault as (
    select n, 'receiptId' as field, 'unknown_receipt' as code, 'This return received no such goods.' as message from line where id is null
    union all select n, 'quantity', 'too_much', format('Only %s of these goods await a decision.', trim_scale(awaiting)) from line where running > awaiting
    union all select n, 'disposition', 'not_sellable', format('Goods that are %s are not stock again.', replace(condition, '_', ' ')) from line where disposition = 'restock' and condition in ('damaged', 'defective', 'wrong_goods')
    union all select n, 'locationId', 'not_needed', 'These goods leave the site.' from line where disposition in ('scrap', 'return_to_vendor') and wanted is not null
    union all select n, 'locationId', 'required', 'Say where they are put: they lie in quarantine.' from line where disposition = 'restock' and wanted is null and lies_in = 'quarantine'
    union all select n, 'locationId', 'required', 'Say in which quarantine location they are put.' from line where disposition in ('quarantine', 'repair') and wanted is null and lies_in <> 'quarantine'
    union all select n, 'locationId', 'wrong_location', case when disposition = 'restock' then 'Must be an active receiving, storage or pick location of the site.' else 'Must be an active quarantine location of the site.' end
      from line where disposition in ('restock', 'quarantine', 'repair') and wanted is not null and (is_place is not true or (disposition = 'restock') <> (to_kind in ('receive', 'storage', 'pick')) or (disposition <> 'restock' and to_kind <> 'quarantine'))
  )
  select (select jsonb_agg(jsonb_build_object('pointer', format('/lines/%s/%s', n - 1, field), 'code', code, 'message', message) order by n) from fault), array_agg(target order by n) into faults, targets from line;
  if faults is not null then
    perform sec.refuse('conflict', 'Some goods cannot be disposed of like this.', faults);
  end if;
  foreach kind in array array['restock', 'quarantine', 'repair', 'scrap', 'return_to_vendor'] loop
    select array_agg(bss.new_id() order by u.n) as move_ids, array_agg(r.return_line_id order by u.n) as lines, array_agg(r.item_id order by u.n) as items, array_agg(r.location_id order by u.n) as froms,
           array_agg(u.target order by u.n) as tos, array_agg(r.lot_id order by u.n) as lots, array_agg(u.quantity order by u.n) as quantities, count(*)::int as moves into m
      from unnest(p_receipts, p_dispositions, p_quantities, targets) with ordinality u (receipt_id, disposition, quantity, target, n)
      join bss.sales_return_receipt r on r.organization_id = p_organization and r.id = u.receipt_id
     where u.disposition = kind and u.target <> r.location_id;
    continue when m.moves = 0;
    select array_agg((b.order_id, b.demand_line_id, b.site_id, b.item_id, b.quantity)::bss.broken_promise) into broken
      from bss.post_moves(p_organization, 'return', kind, p_key || ':' || kind, m.move_ids, array_fill(p_return, array[m.moves]), m.lines, m.items, m.froms, m.tos, m.lots, m.quantities,
        array_fill(now(), array[m.moves]), array_fill(null::uuid, array[m.moves]), true) b;
    if broken is not null then
      perform bss.tell_broken_promises(p_organization, broken, 'adjustment');
    end if;
  end loop;
  update bss.sales_return_receipt r set disposed = r.disposed + s.quantity
    from (select u.id, sum(u.quantity) as quantity from unnest(p_receipts, p_quantities) u(id, quantity) group by u.id) s
   where r.organization_id = p_organization and r.id = s.id;
  insert into bss.sales_return_disposition (organization_id, id, return_id, receipt_id, disposition, quantity, location_id)
  select p_organization, u.id, p_return, u.receipt_id, u.disposition, u.quantity, u.target from unnest(p_ids, p_receipts, p_dispositions, p_quantities, targets) u (id, receipt_id, disposition, quantity, target);
  if not exists (select 1 from bss.sales_return_receipt r where r.organization_id = p_organization and r.return_id = p_return and r.disposed < r.quantity) then
    update bss.sales_return s set status = 'dispositioned' where s.organization_id = p_organization and s.id = p_return;
  end if;
  return query select p_organization;
end
$$;

do $do$
declare f text;
begin
  foreach f in array array['returnable_lots', 'request_return', 'lock_return', 'give_up_returned', 'reject_return', 'receive_return', 'dispose_return'] loop
    execute format('revoke execute on function bss.%I from public', f);
    execute format('grant execute on function bss.%I to bss_app, bss_worker', f);
  end loop;
end
$do$;
