-- A bulk of orders takes the levels it will reserve from in one go and in key order, before the first of them is placed. Order by order the
-- locks would come in the orders' own sequence, and two bulks of one organization would wait for each other in a ring.
-- Returns the status, so that placing can be made to come after it.
create function bss.lock_levels(p_organization uuid, p_status text, p_site_ids uuid[], p_site_codes text[], p_line_orders int[], p_item_ids uuid[], p_skus text[]) returns text
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
begin
  if p_status = 'confirmed' then
    perform 1
       from bss.stock_level l
      where l.organization_id = p_organization
        and (l.site_id, l.item_id) in (
          select coalesce(p_site_ids[u.k], s.id), coalesce(u.item_id, i.id)
            from unnest(p_line_orders, p_item_ids, p_skus) u(k, item_id, sku)
            left join bss.site s on s.organization_id = p_organization and s.code = p_site_codes[u.k]
            left join bss.item i on i.organization_id = p_organization and i.sku = u.sku)
      order by l.site_id, l.item_id
        for no key update of l;
  end if;
  return p_status;
end
$$;
revoke execute on function bss.lock_levels(uuid, text, uuid[], text[], int[], uuid[], text[]) from public;
grant execute on function bss.lock_levels(uuid, text, uuid[], text[], int[], uuid[], text[]) to bss_app, bss_worker;
