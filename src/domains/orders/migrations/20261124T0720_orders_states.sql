-- The state machine of an order line, and the order that follows its lines.

-- Only these arrows (rules.ts has the same table; a test compares every pair).
create function bss.line_may_become(p_from text, p_to text) returns boolean
language sql immutable parallel safe
as $$
  select case p_from
    when 'draft' then p_to in ('submitted', 'cancelled')
    when 'submitted' then p_to in ('confirmed', 'cancelled')
    when 'confirmed' then p_to in ('released', 'cancelled')
    when 'released' then p_to in ('in_fulfilment', 'cancelled')
    when 'in_fulfilment' then p_to in ('shipped', 'cancelled')
    when 'shipped' then p_to = 'delivered'
    when 'delivered' then p_to = 'closed'
    else false
  end
$$;

create function bss.line_follows_its_states() returns trigger
language plpgsql
as $$
declare
  held record;
begin
  if tg_op = 'INSERT' then
    perform sec.refuse('illegal_transition', format('A line does not begin as %s.', replace(new.status, '_', ' ')));
  end if;
  if not bss.line_may_become(old.status, new.status) then
    perform sec.refuse('illegal_transition', format('A line that is %s cannot become %s.', replace(old.status, '_', ' '), replace(new.status, '_', ' ')));
  end if;
  if new.status in ('released', 'shipped') then
    select h.kind, h.reason into held from bss.order_hold h
     where h.organization_id = new.organization_id and h.order_id = new.order_id and h.released_at is null and (h.line_id is null or h.line_id = new.id)
     limit 1;
    if found then
      perform sec.refuse('illegal_transition', format('A %s hold is in the way: %s', held.kind, held.reason));
    end if;
  end if;
  return new;
end
$$;
create trigger states before update of status on bss.sales_order_line for each row when (old.status is distinct from new.status) execute function bss.line_follows_its_states();
-- Placing an order writes its lines as they are after submitting and confirming; nothing begins further on.
create trigger begins before insert on bss.sales_order_line for each row when (new.status not in ('draft', 'confirmed', 'cancelled')) execute function bss.line_follows_its_states();

-- The status of an order from those of its lines: cancelled lines count only when there are no others; as long as some goods
-- are under way and some are not yet, it is in fulfilment; otherwise the line that is least far decides.
create function bss.order_status_of(p_lines text[]) returns text
language plpgsql immutable parallel safe
as $$
declare
  steps constant text[] := array['draft', 'submitted', 'confirmed', 'released', 'in_fulfilment', 'shipped', 'delivered', 'closed'];
  step int;
  least_far int;
  furthest int;
  line text;
begin
  foreach line in array p_lines loop
    step := array_position(steps, line);
    continue when step is null;
    least_far := least(least_far, step);
    furthest := greatest(furthest, step);
  end loop;
  if least_far is null then
    return 'cancelled';
  end if;
  return case when least_far between 3 and 4 and furthest >= 5 then 'in_fulfilment' else steps[least_far] end;
end
$$;

-- Minor units of one unit of a currency (ISO 4217); kernel/money.ts has the same exponents, and a test compares them.
create function bss.minor_units_of(p_currency text) returns numeric
language sql immutable parallel safe
as $$ select case when p_currency in ('CLP', 'ISK', 'JPY', 'KRW', 'VND') then 1 when p_currency in ('BHD', 'KWD', 'TND') then 1000 else 100 end::numeric $$;

-- Brings orders in line with their lines. Every change of lines comes through here, so the version of the order tells any of them.
-- The orders are named on both sides of each join: from the lines alone the planner expects hundreds, and reads every order there is.
create function bss.refresh_orders(p_organization uuid, p_orders uuid[], p_is_money_stale boolean) returns void
language plpgsql
as $$
begin
  update bss.sales_order o set status = d.status, is_backordered = d.is_backordered, line_count = d.line_count
    from (select l.order_id, bss.order_status_of(array_agg(l.status)) as status, bool_or(l.is_backordered) as is_backordered, count(*)::int as line_count
            from bss.sales_order_line l where l.organization_id = p_organization and l.order_id = any (p_orders) group by l.order_id) d
   where o.organization_id = p_organization and o.id = any (p_orders) and o.id = d.order_id;
  if not p_is_money_stale then
    return;
  end if;
  update bss.order_line_money m set amount_minor = n.amount
    from (select l.id, round((l.ordered - l.cancelled) * x.unit_price * bss.minor_units_of(om.currency))::bigint as amount
            from bss.sales_order_line l
            join bss.order_line_money x on x.organization_id = p_organization and x.id = l.id
            join bss.order_money om on om.organization_id = p_organization and om.id = any (p_orders) and om.id = l.order_id
           where l.organization_id = p_organization and l.order_id = any (p_orders)) n
   where m.organization_id = p_organization and m.id = n.id and m.amount_minor <> n.amount;
  update bss.order_money om set total_minor = t.total, unpriced_lines = t.unpriced
    from (select l.order_id, coalesce(sum(x.amount_minor), 0)::bigint as total, (count(*) filter (where x.id is null and l.status <> 'cancelled'))::int as unpriced
            from bss.sales_order_line l
            left join bss.order_line_money x on x.organization_id = p_organization and x.id = l.id
           where l.organization_id = p_organization and l.order_id = any (p_orders) group by l.order_id) t
   where om.organization_id = p_organization and om.id = any (p_orders) and om.id = t.order_id;
end
$$;

create function bss.order_follows_its_lines() returns trigger
language plpgsql
as $$
declare
  organization uuid;
  orders uuid[];
  is_money_stale boolean;
begin
  select n.organization_id into organization from new_lines n limit 1;
  if not found then
    return null;
  end if;
  select array_agg(distinct n.order_id), bool_or(n.ordered <> o.ordered or n.cancelled <> o.cancelled) into orders, is_money_stale
    from new_lines n join old_lines o on o.organization_id = n.organization_id and o.id = n.id;
  perform bss.refresh_orders(organization, orders, is_money_stale);
  return null;
end
$$;
create trigger order_follows after update on bss.sales_order_line referencing old table as old_lines new table as new_lines for each statement execute function bss.order_follows_its_lines();

-- The order knows how many holds are active, for its list.
create function bss.order_follows_its_holds() returns trigger
language plpgsql
as $$
begin
  update bss.sales_order o
     set active_holds = (select count(*)::int from bss.order_hold h where h.organization_id = o.organization_id and h.order_id = o.id and h.released_at is null)
   where o.organization_id = new.organization_id and o.id = new.order_id;
  return null;
end
$$;
create trigger order_follows after insert or update on bss.order_hold for each row execute function bss.order_follows_its_holds();

revoke execute on function bss.line_may_become(text, text), bss.order_status_of(text[]), bss.minor_units_of(text), bss.refresh_orders(uuid, uuid[], boolean) from public;
grant execute on function bss.line_may_become(text, text), bss.order_status_of(text[]), bss.minor_units_of(text), bss.refresh_orders(uuid, uuid[], boolean) to bss_app, bss_worker, bss_reader;
grant execute on function bss.line_follows_its_states(), bss.order_follows_its_lines(), bss.order_follows_its_holds() to bss_app, bss_worker;
