-- The orders of shipments, from key to key, however large the organization.
create or replace function bss.lock_shipments(p_org uuid, p_ids uuid[]) returns table (shipment_id uuid, status text)
language plpgsql
as $$
#variable_conflict use_column
begin
  perform 1 from bss.sales_order o
    where o.organization_id = p_org and o.id = any (array(select l.order_id from bss.shipment_line l where l.organization_id = p_org and l.shipment_id = any (p_ids)))
    order by o.id for no key update;
  return query select s.id, s.status from bss.shipment s where s.organization_id = p_org and s.id = any (p_ids) order by s.id for no key update;
end
$$;

do $do$
declare setting text;
begin
  foreach setting in array array['enable_hashjoin', 'enable_mergejoin', 'enable_material'] loop
    execute format('alter function bss.settle_shipments(uuid, uuid[]) set %s = off', setting);
  end loop;
end
$do$;
