-- Loaded goods may come off the truck again before they leave: it is asked for, the shipment does not leave meanwhile, and it is staged
-- when its goods lie on the stage.
alter table bss.shipment add column is_unloading boolean not null default false;
alter table bss.shipment add constraint shipment_unloads_what_is_loaded check (not is_unloading or status in ('loaded', 'cancelled'));
-- A new column is granted like those before it.
call sec.wall('bss.shipment', 'mutable');

-- The arrows as before (20261125T0700), and loaded -> staged (rules.ts has the same table; a test compares every pair).
create or replace function bss.shipment_may_become(p_from text, p_to text) returns boolean
language sql immutable parallel safe
as $$
  select case p_from
    when 'planned' then p_to in ('released', 'cancelled')
    when 'released' then p_to in ('picking', 'cancelled')
    when 'picking' then p_to in ('picked', 'cancelled')
    when 'picked' then p_to in ('packed', 'cancelled')
    when 'packed' then p_to in ('staged', 'cancelled')
    when 'staged' then p_to in ('loaded', 'cancelled')
    when 'loaded' then p_to in ('staged', 'shipped', 'cancelled')
    when 'shipped' then p_to in ('in_transit', 'returned')
    when 'in_transit' then p_to in ('delivered', 'exception', 'returned')
    when 'exception' then p_to in ('in_transit', 'returned')
    when 'delivered' then p_to = 'returned'
    else false
  end
$$;
