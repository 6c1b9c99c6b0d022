-- The next numbers of a series. The row stays locked until the commit: without that a rollback would leave a gap.
create function bss.take_numbers(p_organization uuid, p_kind text, p_prefix text, p_count int, out first_number bigint, out prefix text)
language plpgsql
as $$
begin
  update bss.document_series s set last_number = s.last_number + p_count
   where s.organization_id = p_organization and s.kind = p_kind
  returning s.last_number - p_count + 1, s.prefix into first_number, prefix;
  if not found then
    insert into bss.document_series as s (organization_id, kind, prefix, last_number) values (p_organization, p_kind, p_prefix, p_count)
    on conflict on constraint document_series_organization_id_kind_key do update set last_number = s.last_number + p_count
    returning s.last_number - p_count + 1, s.prefix into first_number, prefix;
  end if;
end
$$;

-- Places orders: looks up customers, sites, items and prices, reserves stock, numbers, and writes orders, lines and money, all of it
-- set-based: a dozen table references for one order, and not many more for a hundred. A price given by the caller comes with its
-- currency; all others come from the customer's price list, or from the default one. Each order has one entry in the order
-- arrays; the lines of all orders follow each other in the line arrays, line_orders saying to which order (from 1) each belongs.
-- Alone (p_is_bulk false) an order that cannot be placed is refused with everything that is wrong; in bulk it is reported in its
-- row and the others go on.
create function bss.place_orders(
  p_organization uuid, p_status text, p_is_bulk boolean,
  p_order_ids uuid[], p_customer_ids uuid[], p_customer_codes text[], p_site_ids uuid[], p_site_codes text[], p_currencies text[],
  p_requested_on date[], p_promised_on date[], p_priorities int[], p_incoterms text[], p_channels text[], p_customer_references text[],
  p_external_refs text[], p_external_sources text[], p_ordered_at timestamptz[], p_whole boolean[],
  p_line_orders int[], p_line_ids uuid[], p_item_ids uuid[], p_skus text[], p_quantities numeric[], p_policies text[], p_unit_prices numeric[])
returns table (
  organization_id uuid, order_index int, order_id uuid, outcome text, number text, status text, is_backordered boolean,
  customer_id uuid, customer_code text, customer_name text, site_id uuid, site_code text, ordered_at timestamptz, requested_on date,
  reserved_lines int, lines json, code text, pointer text, message text)
language plpgsql
-- Planning costs more than the work: with the lengths of the arrays in view the planner would plan anew each time.
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_count constant int := cardinality(p_order_ids);
  v_line_count constant int := cardinality(p_line_ids);
  v_customers uuid[] := p_customer_ids;
  v_sites uuid[] := p_site_ids;
  v_items uuid[] := p_item_ids;
  v_customer_codes text[] := '{}';
  v_customer_names text[] := '{}';
  v_site_codes text[] := '{}';
  v_currencies text[] := p_currencies;
  v_lists uuid[] := '{}';
  v_dates date[] := '{}';
  v_outcomes text[] := array_fill('created'::text, array[v_count]);
  v_codes text[] := array_fill(null::text, array[v_count]);
  v_pointers text[] := array_fill(null::text, array[v_count]);
  v_messages text[] := array_fill(null::text, array[v_count]);
  v_ids uuid[] := p_order_ids;
  v_numbers text[] := array_fill(null::text, array[v_count]);
  v_statuses text[] := array_fill(null::text, array[v_count]);
  v_backordered boolean[] := array_fill(false, array[v_count]);
  v_reserved_lines int[] := array_fill(0, array[v_count]);
  v_totals bigint[] := array_fill(0::bigint, array[v_count]);
  v_unpriced int[] := array_fill(0, array[v_count]);
  v_lines_of int[] := array_fill(0, array[v_count]);
  v_skus text[];
  v_item_states text[];
  v_prices numeric[];
  v_price_currencies text[];
  v_reserved numeric[] := array_fill(0::numeric, array[v_line_count]);
  v_cancelled numeric[] := array_fill(0::numeric, array[v_line_count]);
  v_amounts bigint[] := array_fill(null::bigint, array[v_line_count]);
  v_line_statuses text[] := array_fill(p_status, array[v_line_count]);
  v_numbers_in_order int[] := array_fill(0, array[v_line_count]);
  v_part numeric[];
  v_faults jsonb;
  v_first int;
  v_last int := 0;
  v_live boolean;
  v_amount numeric;
  v_taken record;
  v_next bigint;
  r record;
begin
  -- Names that callers use instead of ids.
  if p_customer_codes is not null then
    select array_agg(coalesce(u.id, p.id) order by u.n) into v_customers
      from unnest(p_customer_ids, p_customer_codes) with ordinality u(id, code, n)
      left join bss.party p on p.organization_id = p_organization and p.kind = 'customer' and p.code = u.code;
  end if;
  if p_site_codes is not null then
    select array_agg(coalesce(u.id, s.id) order by u.n) into v_sites
      from unnest(p_site_ids, p_site_codes) with ordinality u(id, code, n)
      left join bss.site s on s.organization_id = p_organization and s.code = u.code;
  end if;
  if p_skus is not null then
    select array_agg(coalesce(u.id, i.id) order by u.n) into v_items
      from unnest(p_item_ids, p_skus) with ordinality u(id, sku, n)
      left join bss.item i on i.organization_id = p_organization and i.sku = u.sku;
  end if;
  -- Orders that are here already, told apart by the name the other system gave them.
  if p_is_bulk then
    for r in
      select u.n, e.id, e.number, e.status, e.is_backordered from unnest(p_external_sources, p_external_refs) with ordinality u(source, ref, n)
        join bss.sales_order e on e.organization_id = p_organization and e.external_source = u.source and e.external_ref = u.ref
    loop
      v_outcomes[r.n] := 'unchanged';
      v_ids[r.n] := r.id;
      v_numbers[r.n] := r.number;
      v_statuses[r.n] := r.status;
      v_backordered[r.n] := r.is_backordered;
    end loop;
  end if;

  for r in
    select u.n, p.id as customer, p.code as customer_code, p.name as customer_name, p.status as customer_status, s.id as site, s.code as site_code,
           s.status as site_status, coalesce(u.ordered_at, now())::date as placed_on,
           coalesce(p.price_list_id, (select d.id from bss.price_list d where d.organization_id = p_organization and d.is_default)) as price_list
      from unnest(v_customers, v_sites, p_ordered_at) with ordinality u(customer_id, site_id, ordered_at, n)
      left join bss.party p on p.organization_id = p_organization and p.id = u.customer_id and p.kind = 'customer'
      left join bss.site s on s.organization_id = p_organization and s.id = u.site_id
     order by u.n
  loop
    v_lists := v_lists || r.price_list;
    v_dates := v_dates || r.placed_on;
    v_customer_codes := v_customer_codes || r.customer_code;
    v_customer_names := v_customer_names || r.customer_name;
    v_site_codes := v_site_codes || r.site_code;
    v_faults := null;
    if r.customer is null or r.customer_status <> 'active' then
      v_faults := jsonb_build_array(jsonb_build_object('pointer', case when p_customer_ids[r.n] is null then '/customerCode' else '/customerId' end,
        'code', case when r.customer is null then 'unknown_customer' else 'inactive_customer' end,
        'message', case when r.customer is null then 'There is no such customer.' else 'This customer is inactive.' end));
    end if;
    if r.site is null or r.site_status <> 'active' then
      v_faults := coalesce(v_faults, '[]') || jsonb_build_object('pointer', case when p_site_ids[r.n] is null then '/siteCode' else '/siteId' end,
        'code', case when r.site is null then 'unknown_site' else 'inactive_site' end,
        'message', case when r.site is null then 'There is no such site.' else 'This site is inactive.' end);
    end if;
    if v_faults is not null and v_outcomes[r.n] = 'created' then
      if not p_is_bulk then
        perform sec.refuse('invalid', 'The order refers to something that does not exist or is not active.', v_faults);
      end if;
      v_outcomes[r.n] := 'refused';
      v_codes[r.n] := v_faults -> 0 ->> 'code';
      v_pointers[r.n] := v_faults -> 0 ->> 'pointer';
      v_messages[r.n] := v_faults -> 0 ->> 'message';
    end if;
  end loop;

  select array_agg(i.id order by u.n), array_agg(i.sku order by u.n), array_agg(i.status order by u.n),
         array_agg(coalesce(u.unit_price, pr.unit_price) order by u.n), array_agg(pr.currency order by u.n)
    into v_items, v_skus, v_item_states, v_prices, v_price_currencies
    from unnest(v_items, p_line_orders, p_unit_prices) with ordinality u(item_id, k, unit_price, n)
    left join bss.item i on i.organization_id = p_organization and i.id = u.item_id
    left join lateral (
      select x.unit_price, x.currency, x.valid_until from bss.price x
       where x.organization_id = p_organization and x.price_list_id = v_lists[u.k] and x.item_id = u.item_id and x.valid_from <= v_dates[u.k]
       order by x.valid_from desc limit 1) pr on u.unit_price is null and (pr.valid_until is null or pr.valid_until > v_dates[u.k]);

  for k in 1 .. v_count loop
    v_first := v_last + 1;
    v_faults := null;
    while v_last < v_line_count and p_line_orders[v_last + 1] = k loop
      v_last := v_last + 1;
      v_numbers_in_order[v_last] := v_last - v_first + 1;
      if v_items[v_last] is null or v_item_states[v_last] <> 'active' then
        v_faults := coalesce(v_faults, '[]') || jsonb_build_object('pointer', '/lines/' || v_last - v_first || case when p_item_ids[v_last] is null then '/sku' else '/itemId' end,
          'code', case when v_items[v_last] is null then 'unknown_item' else 'inactive_item' end,
          'message', case when v_items[v_last] is null then 'There is no such item.' else 'This item is inactive.' end);
        continue;
      end if;
      v_currencies[k] := coalesce(v_currencies[k], v_price_currencies[v_last]);
      if v_price_currencies[v_last] <> v_currencies[k] then
        v_faults := coalesce(v_faults, '[]') || jsonb_build_object('pointer', '/currency', 'code', 'wrong_currency',
          'message', format('The price list of this customer is in %s.', v_price_currencies[v_last]));
      end if;
      if v_prices[v_last] is null then
        v_unpriced[k] := v_unpriced[k] + 1;
        continue;
      end if;
      v_amount := round(p_quantities[v_last] * v_prices[v_last] * bss.minor_units_of(v_currencies[k]));
      if v_amount > 1000000000000000 then
        v_faults := coalesce(v_faults, '[]') || jsonb_build_object('pointer', '/lines/' || v_last - v_first || '/quantity', 'code', 'amount_too_large',
          'message', 'Quantity times price is more than a document can hold.');
        continue;
      end if;
      v_amounts[v_last] := v_amount;
    end loop;
    v_lines_of[k] := v_last - v_first + 1;
    if v_faults is not null and v_outcomes[k] = 'created' then
      if not p_is_bulk then
        perform sec.refuse('invalid', 'Some lines of the order cannot be placed.', v_faults);
      end if;
      v_outcomes[k] := 'refused';
      v_codes[k] := v_faults -> 0 ->> 'code';
      v_pointers[k] := v_faults -> 0 ->> 'pointer';
      v_messages[k] := v_faults -> 0 ->> 'message';
    end if;
    continue when v_outcomes[k] <> 'created';

    if p_status = 'confirmed' then
      select array_agg(coalesce(s.reserved, 0) order by u.n) into v_part
        from unnest(p_line_ids[v_first:v_last]) with ordinality u(id, n)
        left join bss.reserve_stock(p_organization, v_sites[k], p_order_ids[k], p_line_ids[v_first:v_last], v_items[v_first:v_last], p_quantities[v_first:v_last],
          (select array_agg(q.policy <> 'all_or_nothing' order by q.n) from unnest(p_policies[v_first:v_last]) with ordinality q(policy, n)), p_whole[k], p_priorities[k], null) s
          on s.line_id = u.id;
      v_live := false;
      for n in v_first .. v_last loop
        v_reserved[n] := v_part[n - v_first + 1];
        if v_reserved[n] = p_quantities[n] then
          v_reserved_lines[k] := v_reserved_lines[k] + 1;
        elsif p_policies[n] = 'cancel' then
          -- This customer does not wait: what is not there now is cancelled now.
          v_cancelled[n] := p_quantities[n] - v_reserved[n];
          if v_reserved[n] = 0 then
            v_line_statuses[n] := 'cancelled';
          end if;
          if v_amounts[n] is not null then
            v_amounts[n] := round(v_reserved[n] * v_prices[n] * bss.minor_units_of(v_currencies[k]));
          elsif v_reserved[n] = 0 then
            v_unpriced[k] := v_unpriced[k] - 1;
          end if;
        else
          v_backordered[k] := true;
        end if;
        v_live := v_live or v_line_statuses[n] <> 'cancelled';
        v_totals[k] := v_totals[k] + coalesce(v_amounts[n], 0);
      end loop;
      v_statuses[k] := case when v_live then p_status else 'cancelled' end;
      if p_whole[k] and v_reserved_lines[k] < v_lines_of[k] then
        v_faults := bss.short_lines(p_organization, v_sites[k], v_items[v_first:v_last], p_quantities[v_first:v_last]);
        if not p_is_bulk then
          perform sec.refuse('insufficient_stock', 'There is not enough stock for the whole order, and it is to be placed whole or not at all.', v_faults);
        end if;
        v_outcomes[k] := 'refused';
        v_codes[k] := 'insufficient_stock';
        v_pointers[k] := v_faults -> 0 ->> 'pointer';
        v_messages[k] := v_faults -> 0 ->> 'message';
      end if;
    else
      for n in v_first .. v_last loop
        v_totals[k] := v_totals[k] + coalesce(v_amounts[n], 0);
      end loop;
      v_statuses[k] := p_status;
    end if;
  end loop;

  -- The lock on the series comes last, so that it is held for the inserts only.
  if 'created' = any (v_outcomes) then
    v_taken := bss.take_numbers(p_organization, 'sales_order', 'SO-', cardinality(array_positions(v_outcomes, 'created')));
    v_next := v_taken.first_number;
    for k in 1 .. v_count loop
      if v_outcomes[k] = 'created' then
        v_numbers[k] := v_taken.prefix || lpad(v_next::text, greatest(6, length(v_next::text)), '0');
        v_next := v_next + 1;
      end if;
    end loop;
    with
    orders as (
      insert into bss.sales_order (organization_id, id, number, customer_id, site_id, status, is_backordered, line_count, requested_on, promised_on, incoterm, priority, channel,
        customer_reference, external_ref, external_source, ordered_at)
      select p_organization, o.id, o.number, o.customer, o.site, o.status, o.is_backordered, o.line_count, coalesce(o.requested_on, o.placed_on), o.promised_on, o.incoterm, o.priority, o.channel,
             o.customer_reference, o.external_ref, o.external_source, coalesce(o.ordered_at, now())
        from unnest(p_order_ids, v_numbers, v_customers, v_sites, v_statuses, v_backordered, v_lines_of, p_requested_on, v_dates, p_promised_on, p_incoterms, p_priorities, p_channels,
          p_customer_references, p_external_refs, p_external_sources, p_ordered_at, v_outcomes)
          o(id, number, customer, site, status, is_backordered, line_count, requested_on, placed_on, promised_on, incoterm, priority, channel, customer_reference, external_ref, external_source, ordered_at, outcome)
       where o.outcome = 'created'),
    lines as (
      insert into bss.sales_order_line (organization_id, id, order_id, line_number, customer_id, ordered_at, item_id, status, backorder_policy, ordered, cancelled, reserved)
      select p_organization, l.id, p_order_ids[l.k], l.line_number, v_customers[l.k], coalesce(p_ordered_at[l.k], now()), l.item, l.status, l.policy, l.quantity, l.cancelled, l.reserved
        from unnest(p_line_orders, p_line_ids, v_numbers_in_order, v_items, v_line_statuses, p_policies, p_quantities, v_cancelled, v_reserved)
          l(k, id, line_number, item, status, policy, quantity, cancelled, reserved)
       where v_outcomes[l.k] = 'created'),
    money as (
      insert into bss.order_money (organization_id, id, currency, total_minor, unpriced_lines)
      select p_organization, o.id, o.currency, o.total, o.unpriced from unnest(p_order_ids, v_currencies, v_totals, v_unpriced, v_outcomes) o(id, currency, total, unpriced, outcome)
       where o.outcome = 'created' and o.currency is not null)
    insert into bss.order_line_money (organization_id, id, unit_price, amount_minor)
    select p_organization, l.id, l.price, l.amount from unnest(p_line_orders, p_line_ids, v_prices, v_amounts) l(k, id, price, amount)
     where l.amount is not null and v_outcomes[l.k] = 'created';
  end if;

  v_last := 0;
  for k in 1 .. v_count loop
    v_first := v_last + 1;
    v_last := v_last + v_lines_of[k];
    organization_id := p_organization;
    order_index := k;
    order_id := v_ids[k];
    outcome := v_outcomes[k];
    number := v_numbers[k];
    status := v_statuses[k];
    is_backordered := v_backordered[k];
    customer_id := v_customers[k];
    customer_code := v_customer_codes[k];
    customer_name := v_customer_names[k];
    site_id := v_sites[k];
    site_code := v_site_codes[k];
    ordered_at := coalesce(p_ordered_at[k], now());
    requested_on := coalesce(p_requested_on[k], v_dates[k]);
    reserved_lines := v_reserved_lines[k];
    code := v_codes[k];
    pointer := v_pointers[k];
    message := v_messages[k];
    if not p_is_bulk then
      select json_agg(json_build_array(l.id, l.item, l.sku, l.status, l.reserved::text, l.cancelled::text) order by l.n) into lines
        from unnest(p_line_ids[v_first:v_last], v_items[v_first:v_last], v_skus[v_first:v_last], v_line_statuses[v_first:v_last], v_reserved[v_first:v_last], v_cancelled[v_first:v_last])
          with ordinality l(id, item, sku, status, reserved, cancelled, n);
    end if;
    return next;
  end loop;
end
$$;

-- Which lines of a basket a site cannot cover at the moment, as errors with their pointers.
create function bss.short_lines(p_organization uuid, p_site uuid, p_items uuid[], p_quantities numeric[]) returns jsonb
language sql stable
as $$
  select jsonb_agg(jsonb_build_object('pointer', '/lines/' || u.n - 1, 'code', 'insufficient_stock',
           'message', format('%s are wanted and %s are available.', trim_scale(w.wanted), trim_scale(coalesce(s.on_hand - s.unavailable - s.reserved, 0)))) order by u.n)
    from unnest(p_items) with ordinality u(item, n)
    join (select q.item, sum(q.quantity) as wanted from unnest(p_items, p_quantities) q(item, quantity) group by q.item) w on w.item = u.item
    left join bss.stock_level s on s.organization_id = p_organization and s.site_id = p_site and s.item_id = u.item
   where w.wanted > coalesce(s.on_hand - s.unavailable - s.reserved, 0)
$$;

do $do$
declare f text;
begin
  foreach f in array array['take_numbers', 'place_orders', 'short_lines'] loop
    execute format('revoke execute on function bss.%I from public', f);
    execute format('grant execute on function bss.%I to bss_app, bss_worker', f);
  end loop;
end
$do$;
