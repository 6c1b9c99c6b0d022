-- The orders of lines, from key to key, however large the organization.
create or replace function bss.lock_orders_of(p_organization uuid, p_lines uuid[]) returns void
language plpgsql
as $$
begin
  perform 1 from bss.sales_order o
   where o.organization_id = p_organization and o.id = any (array(select l.order_id from bss.sales_order_line l where l.organization_id = p_organization and l.id = any (p_lines)))
   order by o.id for no key update;
end
$$;
