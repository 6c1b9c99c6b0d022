-- Costs of goods that come back, and whom carriers are to be asked for.

alter table bss.cost_of_goods add column reverses_id uuid;
alter table bss.cost_of_goods
  add constraint cost_of_goods_sign check ((quantity < 0) = (reverses_id is not null)),
  add constraint cost_of_goods_reverses_unknown foreign key (organization_id, reverses_id) references bss.cost_of_goods (organization_id, id);
-- The move of a return takes back the cost of several moves that left, of each once.
alter table bss.cost_of_goods
  drop constraint cost_of_goods_move_once,
  add constraint cost_of_goods_move_once unique nulls not distinct (organization_id, move_id, order_line_id, reverses_id);
create index cost_of_goods_reverses on bss.cost_of_goods (organization_id, reverses_id) where reverses_id is not null;

-- Takes back the costs of what a return brought, at what it had cost when it left, the newest that left first. A move that has taken back
-- something takes nothing again, and nothing is taken back of what is back already. The orders are locked, so that two returns of one line
-- do not share a cost. Amounts are cut from the rounded amount that left: when all of it is back, nothing is left of it.
create function bss.take_costs_back(p_org uuid, p_return uuid) returns table (order_line_id uuid, quantity numeric)
language plpgsql
as $$
#variable_conflict use_column
begin
  perform 1 from bss.sales_order o
    where o.organization_id = p_org and o.id in (select x.order_id from bss.sales_return_line x where x.organization_id = p_org and x.return_id = p_return)
    order by o.id for no key update;
  return query
  with back as materialized (
    select m.id, x.order_line_id, m.item_id, m.quantity, m.occurred_at, sum(m.quantity) over (partition by x.order_line_id order by m.id) - m.quantity as start
      from bss.stock_move m
      join bss.location o on o.organization_id = p_org and o.id = m.from_location_id and o.virtual_role = 'outside'
      join bss.sales_return_line x on x.organization_id = p_org and x.id = m.document_line_id
     where m.organization_id = p_org and m.document_kind = 'return' and m.document_id = p_return
       and not exists (select from bss.cost_of_goods c where c.organization_id = p_org and c.move_id = m.id)
  ), gone as materialized (
    select c.id, c.shipment_id, c.order_line_id, c.quantity, c.unit_cost, c.currency, c.amount_minor, t.quantity as taken, c.quantity - t.quantity as rest,
           sum(c.quantity - t.quantity) over (partition by c.order_line_id order by c.occurred_at desc, c.id desc) - (c.quantity - t.quantity) as start
      from bss.cost_of_goods c
      cross join lateral (select coalesce(-sum(r.quantity), 0) as quantity from bss.cost_of_goods r where r.organization_id = p_org and r.reverses_id = c.id) t
     where c.organization_id = p_org and c.quantity > 0 and c.order_line_id in (select b.order_line_id from back b) and c.quantity > t.quantity
  ), part as materialized (
    select b.id as move_id, b.item_id, b.occurred_at, g.id, g.shipment_id, g.order_line_id, g.quantity as whole, g.unit_cost, g.currency, g.amount_minor, p.quantity,
           g.taken + sum(p.quantity) over (partition by g.id order by b.id) - p.quantity as before
      from back b
      join gone g on g.order_line_id = b.order_line_id
      cross join lateral (select least(b.start + b.quantity, g.start + g.rest) - greatest(b.start, g.start) as quantity) p
     where p.quantity > 0
  )
  insert into bss.cost_of_goods as n (organization_id, id, move_id, shipment_id, order_line_id, item_id, quantity, unit_cost, currency, amount_minor, occurred_at, reverses_id)
  select p_org, bss.new_id(), p.move_id, p.shipment_id, p.order_line_id, p.item_id, -p.quantity, p.unit_cost, p.currency,
         (round(p.amount_minor * p.before / p.whole) - round(p.amount_minor * (p.before + p.quantity) / p.whole))::bigint, p.occurred_at, p.id
    from part p
  returning n.order_line_id, n.quantity;
end
$$;
revoke execute on function bss.take_costs_back(uuid, uuid) from public;
grant execute on function bss.take_costs_back(uuid, uuid) to bss_app, bss_worker;

-- Which organizations have something to ask carriers, those that wait longest first. Ids and nothing else.
call sec.open_to_gateway('bss.carrier_request', 'select');
create function sec.organizations_to_ask_carriers(limit_to int) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select o.organization_id
    from bss.organization o
    cross join lateral (select q.next_attempt_at from bss.carrier_request q
       where q.organization_id = o.organization_id and q.status = 'pending' and q.next_attempt_at <= now() and q.claimed_until <= now() order by q.next_attempt_at limit 1) d
   where o.status = 'active'
   order by d.next_attempt_at
   limit limit_to
$$;
revoke execute on function sec.organizations_to_ask_carriers(int) from public;
grant execute on function sec.organizations_to_ask_carriers(int) to bss_worker;
grant create on schema sec to bss_gateway;
alter function sec.organizations_to_ask_carriers(int) owner to bss_gateway;
revoke create on schema sec from bss_gateway;
