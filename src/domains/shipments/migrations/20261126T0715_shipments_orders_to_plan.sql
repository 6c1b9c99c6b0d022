-- Orders of a site with goods that have a bin and are in no living shipment, the most urgent first. What is promised and what is planned are
-- added up line by line, each read once: asking for every open line of a large site by itself took longer than a request may.
create function bss.orders_to_plan(p_org uuid, p_site uuid, p_limit int) returns table (order_id uuid)
language sql
as $$
  with open as materialized (
    select k.line_id
      from (select v.demand_line_id as line_id, v.quantity from bss.reservation v
             where v.organization_id = p_org and v.site_id = p_site and v.kind = 'hard' and v.status in ('open', 'picked')
            union all
            select x.order_line_id, -x.planned
              from bss.shipment s
              join bss.shipment_line x on x.organization_id = p_org and x.shipment_id = s.id
             where s.organization_id = p_org and s.site_id = p_site and s.status in ('planned', 'released', 'picking', 'picked', 'packed', 'staged', 'loaded')) k
     group by k.line_id having sum(k.quantity) > 0
  )
  select o.id
    from open k
    join bss.sales_order_line l on l.organization_id = p_org and l.id = k.line_id and l.status in ('released', 'in_fulfilment')
    join bss.sales_order o on o.organization_id = p_org and o.id = l.order_id and o.status in ('released', 'in_fulfilment') and o.active_holds = 0
   group by o.id, o.priority, o.requested_on
   order by o.priority, o.requested_on, o.id limit p_limit
$$;
revoke execute on function bss.orders_to_plan(uuid, uuid, int) from public;
grant execute on function bss.orders_to_plan(uuid, uuid, int) to bss_app, bss_worker, bss_reader;
