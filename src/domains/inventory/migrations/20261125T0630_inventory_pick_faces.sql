-- Pick faces: bins that goods are picked from, kept between a minimum and a maximum. Put-away fills one that runs low before anything else.
create table bss.pick_face (
  organization_id uuid not null,
  id uuid not null,
  site_id uuid not null,
  location_id uuid not null,
  item_id uuid not null,
  -- Below this it is filled again, up to the maximum.
  minimum numeric(20,6) not null check (minimum > 0),
  maximum numeric(20,6) not null,
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  primary key (organization_id, id),
  constraint pick_face_holds_some check (maximum >= minimum),
  constraint pick_face_one_item unique (organization_id, location_id),
  constraint pick_face_site_unknown foreign key (organization_id, site_id) references bss.site (organization_id, id),
  constraint pick_face_location_unknown foreign key (organization_id, site_id, location_id) references bss.location (organization_id, site_id, id),
  constraint pick_face_item_unknown foreign key (organization_id, item_id) references bss.item (organization_id, id)
);
create index pick_face_of_item on bss.pick_face (organization_id, item_id, site_id);
create index pick_face_of_site on bss.pick_face (organization_id, site_id, location_id);
call sec.wall('bss.pick_face', 'working');
call sec.fence_by_site('bss.pick_face', 'site_id');

-- Where goods should go: the pick face of the item that is below its minimum, up to its maximum; then a bin with room that holds the same
-- item and lot; then an empty one, in a zone that holds goods of the same storage class before others, by the pick path. Never a full or
-- inactive bin, and never more in a face than its maximum. p_taken_*: goods on their way to bins already; what lines of one question take
-- is not offered twice either. What finds no place comes back without one.
create function bss.suggest_putaway(p_org uuid, p_site uuid, p_items uuid[], p_lots uuid[], p_quantities numeric[], p_taken_bins uuid[], p_taken_items uuid[], p_taken_lots uuid[], p_taken_quantities numeric[])
returns table (entry int, location_id uuid, quantity numeric)
language plpgsql stable
as $$
#variable_conflict use_column
declare
  n int;
  rest numeric;
  part numeric;
  bin record;
  class text;
  taken_bins uuid[] := p_taken_bins;
  taken_goods text[] := (select coalesce(array_agg(t.item || coalesce(t.lot::text, '') order by t.n), '{}') from unnest(p_taken_items, p_taken_lots) with ordinality t (item, lot, n));
  taken_quantities numeric[] := p_taken_quantities;
  these text;
begin
  for n in 1 .. cardinality(p_items) loop
    rest := p_quantities[n];
    these := p_items[n] || coalesce(p_lots[n]::text, '');
    select i.storage_class into class from bss.item i where i.organization_id = p_org and i.id = p_items[n];
    for bin in
      with taken as materialized (
        select t.bin, sum(t.quantity) as quantity, bool_or(t.goods <> these) as has_others from unnest(taken_bins, taken_goods, taken_quantities) t (bin, goods, quantity) group by t.bin
      ), face as materialized (
        select f.location_id, f.minimum, f.maximum,
               coalesce((select sum(x.on_hand) from bss.stock_balance x where x.organization_id = p_org and x.location_id = f.location_id and x.item_id = f.item_id), 0)
               + coalesce((select t.quantity from taken t where t.bin = f.location_id), 0) as filled
          from bss.pick_face f join bss.location l on l.organization_id = p_org and l.id = f.location_id and l.status = 'active'
         where f.organization_id = p_org and f.item_id = p_items[n] and f.site_id = p_site
      ), candidate as (
        select f.location_id as id, 1 as rank from face f where f.filled < f.minimum
        union all
        select l.id, 2
          from bss.stock_balance b join bss.location l on l.organization_id = p_org and l.id = b.location_id
         where b.organization_id = p_org and b.item_id = p_items[n] and b.site_id = p_site and b.on_hand > 0 and b.lot_id is not distinct from p_lots[n]
           and l.kind in ('storage', 'pick') and l.status = 'active'
        union all
        select l.id, 3
          from bss.location l
         where l.organization_id = p_org and l.site_id = p_site and l.kind = 'storage' and l.status = 'active'
           and not exists (select from bss.stock_balance x where x.organization_id = p_org and x.location_id = l.id and x.on_hand > 0)
      ), ranked as (
        select c.id, min(c.rank) as rank from candidate c group by c.id
      )
      select c.id, least(l.capacity - coalesce((select sum(x.on_hand) from bss.stock_balance x where x.organization_id = p_org and x.location_id = c.id), 0) - coalesce(t.quantity, 0),
                         f.maximum - f.filled) as room
        from ranked c
        join bss.location l on l.organization_id = p_org and l.id = c.id
        left join face f on f.location_id = c.id
        left join taken t on t.bin = c.id
       where f.location_id is not null or not coalesce(t.has_others, false)
       order by c.rank,
             class is not null and exists (
               select from bss.location z join bss.stock_balance y on y.organization_id = p_org and y.location_id = z.id and y.on_hand > 0
                 join bss.item i on i.organization_id = p_org and i.id = y.item_id and i.storage_class = class
                where z.organization_id = p_org and z.site_id = p_site and z.zone_id = l.zone_id) desc, l.pick_sequence, c.id
    loop
      part := least(rest, coalesce(bin.room, rest));
      continue when part <= 0;
      taken_bins := taken_bins || bin.id;
      taken_goods := taken_goods || these;
      taken_quantities := taken_quantities || part;
      entry := n; location_id := bin.id; quantity := part;
      return next;
      rest := rest - part;
      exit when rest <= 0;
    end loop;
    if rest > 0 then
      entry := n; location_id := null; quantity := rest;
      return next;
    end if;
  end loop;
end
$$;
revoke execute on function bss.suggest_putaway(uuid, uuid, uuid[], uuid[], numeric[], uuid[], uuid[], uuid[], numeric[]) from public;
grant execute on function bss.suggest_putaway(uuid, uuid, uuid[], uuid[], numeric[], uuid[], uuid[], uuid[], numeric[]) to bss_app, bss_worker, bss_reader;
