-- Goods that came back, told by another system without naming the order: the newest shipped lines of the customer and item up to that
-- time, across orders as needed, one return for each site. All of an entry or nothing. Where asked for, what has not been shipped yet is
-- cancelled first. With a location the goods are received there; with a disposition the return goes through to its end.
create function bss.return_sold(
  p_organization uuid, p_ids uuid[], p_refs text[], p_sources text[], p_customer_codes text[], p_skus text[], p_quantities numeric[], p_occurred_at timestamptz[],
  p_reasons text[], p_cancels boolean[], p_location_codes text[], p_dispositions text[], p_actor_name text)
returns table (organization_id uuid, entry int, outcome text, return_id uuid, order_id uuid, line_id uuid, item_id uuid, quantity numeric, is_whole boolean, code text, pointer text, message text)
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  e record;
  r record;
  k record;
  rest numeric;
  part numeric;
  of_lot numeric;
  open_now numeric;
  returnable numeric;
  lines uuid[];
  lots uuid[];
  parts numeric[];
  sites uuid[];
  site uuid;
  made uuid[];
  cancelled jsonb;
  v_id uuid;
  place uuid;
  refusal_code text;
begin
  organization_id := p_organization;
  for e in
    select u.n, u.ref, u.source, u.quantity, u.occurred_at, u.id, u.reason, u.cancels, u.location_code, u.disposition, u.customer_code, u.sku, p.id as customer_id, i.id as item_id, i.tracking,
           exists (select from bss.sales_return s where s.organization_id = p_organization and s.external_source = u.source and s.external_ref = u.ref)
           or (u.cancels and exists (select from bss.order_cancellation c where c.organization_id = p_organization and c.external_source = u.source and c.external_ref = u.ref)) as is_known
      from unnest(p_ids, p_refs, p_sources, p_customer_codes, p_skus, p_quantities, p_occurred_at, p_reasons, p_cancels, p_location_codes, p_dispositions)
           with ordinality u(id, ref, source, customer_code, sku, quantity, occurred_at, reason, cancels, location_code, disposition, n)
      left join bss.party p on p.organization_id = p_organization and p.kind = 'customer' and p.code = u.customer_code
      left join bss.item i on i.organization_id = p_organization and i.sku = u.sku
     order by u.n
  loop
    entry := e.n;
    return_id := null; order_id := null; line_id := null; item_id := null; quantity := null; is_whole := null; code := null; pointer := null; message := null;
    if e.is_known then
      outcome := 'unchanged';
      return next;
      continue;
    elsif e.customer_id is null or e.item_id is null then
      outcome := 'refused';
      code := case when e.customer_id is null then 'unknown_customer' else 'unknown_item' end;
      pointer := case when e.customer_id is null then '/customerCode' else '/sku' end;
      message := case when e.customer_id is null then 'There is no such customer.' else 'There is no such item.' end;
      return next;
      continue;
    end if;
    made := '{}';
    cancelled := '[]';
    begin
      perform 1 from bss.sales_order o
       where o.organization_id = p_organization and o.id in (
         select l.order_id from bss.sales_order_line l
          where l.organization_id = p_organization and l.item_id = e.item_id and l.customer_id = e.customer_id and l.ordered_at <= e.occurred_at
            and (l.shipped > l.returned + l.to_return or (e.cancels and l.status in ('draft', 'submitted', 'confirmed', 'released', 'in_fulfilment'))))
       order by o.id for no key update;
      select coalesce(sum(l.ordered - l.cancelled - l.shipped) filter (where e.cancels and l.status in ('draft', 'submitted', 'confirmed', 'released', 'in_fulfilment')), 0), coalesce(sum(l.shipped - l.returned - l.to_return), 0)
        into open_now, returnable
        from bss.sales_order_line l where l.organization_id = p_organization and l.item_id = e.item_id and l.customer_id = e.customer_id and l.ordered_at <= e.occurred_at;
      if open_now + returnable < e.quantity then
        perform sec.refuse('no_matching_order', format('Only %s of this item %s orders of this customer up to that time.', trim_scale(open_now + returnable), case when e.cancels then 'are open or shipped in' else 'were shipped and not returned in' end),
          jsonb_build_array(jsonb_build_object('pointer', '/quantity')));
      end if;
      rest := e.quantity;
      if open_now > 0 then
        part := least(open_now, rest);
        rest := rest - part;
        select jsonb_agg(jsonb_build_object('orderId', c.order_id, 'lineId', c.line_id, 'quantity', c.quantity, 'isWhole', c.is_whole)) into cancelled
          from bss.cancel_sold(p_organization, array[e.id], array[e.ref], array[e.source], array[e.customer_code], array[e.sku], array[part], array[e.occurred_at], p_actor_name) c;
      end if;
      lines := '{}'; lots := '{}'; parts := '{}'; sites := '{}';
      for r in
        select l.id, o.site_id, l.shipped - l.returned - l.to_return as may from bss.sales_order_line l join bss.sales_order o on o.organization_id = p_organization and o.id = l.order_id
         where l.organization_id = p_organization and l.item_id = e.item_id and l.customer_id = e.customer_id and l.ordered_at <= e.occurred_at and l.shipped > l.returned + l.to_return
         order by l.ordered_at desc, l.id desc
      loop
        exit when rest <= 0;
        part := least(r.may, rest);
        if e.tracking = 'none' then
          lines := lines || r.id; lots := lots || null::uuid; parts := parts || part; sites := sites || r.site_id;
          rest := rest - part;
        else
          for k in select t.lot_id, t.quantity from bss.returnable_lots(p_organization, r.id) t where t.quantity > 0 order by t.lot_id desc loop
            exit when part <= 0;
            of_lot := least(k.quantity, part);
            lines := lines || r.id; lots := lots || k.lot_id; parts := parts || of_lot; sites := sites || r.site_id;
            part := part - of_lot;
            rest := rest - of_lot;
          end loop;
        end if;
      end loop;
      if rest > 0 then
        perform sec.refuse('no_matching_order', 'The lots that were shipped are announced by other returns.', '[{"pointer": "/quantity"}]');
      end if;
      for site in select distinct u.s from unnest(sites) u(s) order by 1 loop
        v_id := bss.new_id();
        made := made || v_id;
        perform bss.request_return(p_organization, v_id, site, array_agg(bss.new_id()), array_agg(u.line), array_agg(u.lot), array_agg(u.part), array_agg(e.reason), null, e.source, e.ref, e.occurred_at)
           from unnest(lines, lots, parts, sites) u(line, lot, part, s) where u.s = site;
        continue when e.location_code is null;
        select o.id into place from bss.location o where o.organization_id = p_organization and o.site_id = site and o.code = e.location_code;
        if place is null then
          perform sec.refuse('unknown_location', 'The site that shipped these goods has no such location.', '[{"pointer": "/receive/locationCode"}]');
        end if;
        update bss.sales_return s set status = 'approved' where s.organization_id = p_organization and s.id = v_id;
        update bss.sales_return s set status = 'awaiting_receipt' where s.organization_id = p_organization and s.id = v_id;
        perform bss.receive_return(p_organization, v_id, array_agg(bss.new_id()), array_agg(x.id), array_agg(x.lot_id), array_agg(null::text), array_agg(place), array_agg(x.quantity), 'sold', e.occurred_at, true, p_actor_name)
           from bss.sales_return_line x where x.organization_id = p_organization and x.return_id = v_id;
        continue when e.disposition is null;
        update bss.sales_return_receipt q set condition = 'as_new' where q.organization_id = p_organization and q.return_id = v_id;
        update bss.sales_return s set status = 'inspected' where s.organization_id = p_organization and s.id = v_id;
        perform bss.dispose_return(p_organization, v_id, array_agg(bss.new_id()), array_agg(q.id), array_agg(e.disposition), array_agg(q.quantity), array_agg(null::uuid), 'sold')
           from bss.sales_return_receipt q where q.organization_id = p_organization and q.return_id = v_id;
        update bss.sales_return s set status = 'settled', settled_at = e.occurred_at where s.organization_id = p_organization and s.id = v_id;
        update bss.sales_return s set status = 'closed' where s.organization_id = p_organization and s.id = v_id;
      end loop;
    exception when sqlstate 'BSPRB' then
      -- Nothing of this entry was done; the others go on.
      get stacked diagnostics message = message_text, refusal_code = pg_exception_hint, pointer = pg_exception_detail;
      outcome := 'refused';
      code := coalesce(pointer::jsonb -> 0 ->> 'code', refusal_code);
      message := coalesce(pointer::jsonb -> 0 ->> 'message', message);
      pointer := case when refusal_code in ('no_matching_order', 'unknown_location') then pointer::jsonb -> 0 ->> 'pointer' else '/receive' end;
      return next;
      continue;
    end;
    item_id := e.item_id;
    outcome := 'cancelled';
    for r in select x.* from jsonb_to_recordset(cancelled) x("orderId" uuid, "lineId" uuid, quantity numeric, "isWhole" boolean) loop
      order_id := r."orderId"; line_id := r."lineId"; quantity := r.quantity; is_whole := r."isWhole";
      return next;
    end loop;
    outcome := 'returned';
    order_id := null; line_id := null; quantity := null; is_whole := null;
    foreach v_id in array made loop
      return_id := v_id;
      return next;
    end loop;
  end loop;
end
$$;
revoke execute on function bss.return_sold(uuid, uuid[], text[], text[], text[], text[], numeric[], timestamptz[], text[], boolean[], text[], text[], text) from public;
grant execute on function bss.return_sold(uuid, uuid[], text[], text[], text[], text[], numeric[], timestamptz[], text[], boolean[], text[], text[], text) to bss_app, bss_worker;
