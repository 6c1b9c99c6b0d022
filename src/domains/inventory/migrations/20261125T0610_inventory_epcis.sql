-- Traceability: what happened to which goods, where, when and why, in the form of EPCIS 2.0. Every row of the ledger is told in an event
-- by a trigger, so that no command that moves goods can forget it.

-- A job that took in events of other systems.
create table bss.epcis_capture (
  organization_id uuid not null,
  id uuid not null,
  captured int not null check (captured >= 0),
  duplicates int not null check (duplicates >= 0),
  created_at timestamptz not null default now(),
  created_by uuid not null default sec.actor(),
  primary key (organization_id, id)
);
call sec.wall('bss.epcis_capture', 'append');

create table bss.epcis_event (
  organization_id uuid not null,
  -- In the order of recording.
  id uuid not null,
  event_id text not null check (event_id <> '' and length(event_id) <= 500),
  -- Null: captured; who works at some sites only does not meet it.
  site_id uuid,
  capture_id uuid,
  type text not null check (type <> '' and length(type) <= 500),
  action text check (action in ('OBSERVE', 'ADD', 'DELETE')),
  biz_step text check (length(biz_step) <= 500),
  disposition text check (length(disposition) <= 500),
  read_point text check (length(read_point) <= 500),
  biz_location text check (length(biz_location) <= 500),
  -- Whole milliseconds, as clients see them: a page ends and begins at exactly this instant.
  event_time timestamptz not null,
  record_time timestamptz not null default now(),
  -- The event as it is answered.
  body jsonb not null,
  primary key (organization_id, id),
  constraint epcis_event_once unique (organization_id, event_id),
  foreign key (organization_id, site_id) references bss.site (organization_id, id),
  foreign key (organization_id, capture_id) references bss.epcis_capture (organization_id, id)
);
create index epcis_event_time on bss.epcis_event (organization_id, event_time, id);
create index epcis_event_captured on bss.epcis_event (organization_id, capture_id) where capture_id is not null;
call sec.wall('bss.epcis_event', 'append');
call sec.fence_by_site('bss.epcis_event', 'site_id');

-- What an event can be found by: its EPCs and classes, and the business documents, sources and destinations it names.
create table bss.epcis_epc (
  organization_id uuid not null,
  event_id uuid not null,
  role text not null check (role in ('epc', 'parent', 'input', 'output', 'class', 'input_class', 'output_class', 'transaction', 'source', 'destination')),
  -- Of documents, sources and destinations: the type, a space, the URI.
  epc text not null check (epc <> '' and length(epc) <= 1010),
  primary key (organization_id, event_id, role, epc),
  foreign key (organization_id, event_id) references bss.epcis_event (organization_id, id)
);
create index epcis_epc_found on bss.epcis_epc (organization_id, epc, role, event_id);
call sec.wall('bss.epcis_epc', 'append');
call sec.fence_by_parent('bss.epcis_epc', 'bss.epcis_event', 'event_id');

-- A value as a segment of a Digital Link; what an application identifier cannot hold gives null.
create function bss.gs1_segment(p_value text) returns text
language sql immutable
as $$
  select case
    when p_value ~ '^[A-Za-z0-9_-]{1,20}$' then p_value
    when p_value ~ '^[!"%&''()*+,./0-9:;<=>?A-Z_a-z-]{1,20}$' and p_value !~ '^\.{1,2}$' then
      replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(p_value,
        '%', '%25'), '"', '%22'), '&', '%26'), '+', '%2B'), ',', '%2C'), '/', '%2F'), ':', '%3A'), ';', '%3B'), '<', '%3C'), '=', '%3D'), '>', '%3E'), '?', '%3F')
  end
$$;

-- What goods are called: by their GTIN and lot or serial number, and by our own ids where they have no GS1 key.
create function bss.epcis_thing(p_gtin text, p_tracking text, p_lot_number text, p_item_id uuid, p_lot_id uuid) returns text
language sql immutable
as $$
  select case
    when p_lot_id is null then coalesce('https://id.gs1.org/01/' || lpad(p_gtin, 14, '0'), 'urn:uuid:' || p_item_id)
    else coalesce('https://id.gs1.org/01/' || lpad(p_gtin, 14, '0') || case when p_tracking = 'serial' then '/21/' else '/10/' end || bss.gs1_segment(p_lot_number), 'urn:uuid:' || p_lot_id)
  end
$$;

-- What a place is called: by its site's GLN and its code.
create function bss.epcis_place(p_gln text, p_code text, p_location_id uuid) returns text
language sql immutable
as $$
  select coalesce('https://id.gs1.org/414/' || p_gln || '/254/' || bss.gs1_segment(p_code), 'urn:uuid:' || p_location_id)
$$;

create function bss.epcis_instant(p_at timestamptz) returns text
language sql stable
as $$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- The offset of a site's clock at an instant, such as +02:00. A clock that nobody knows must not keep goods from moving: it counts as UTC.
create function bss.epcis_offset(p_at timestamptz, p_time_zone text) returns text
language plpgsql stable
as $$
declare
  here timestamp;
  there timestamp := p_at at time zone 'UTC';
begin
  here := p_at at time zone p_time_zone;
  return case when here < there then '-' else '+' end || to_char(greatest(here, there) - least(here, there), 'HH24:MI');
exception when invalid_parameter_value then
  return '+00:00';
end
$$;

-- The step and the state of the Core Business Vocabulary, and the action, of a move: by its document, its reason and its two ends.
create function bss.epcis_meaning(p_kind text, p_reason text, p_from text, p_to text, p_is_same_site boolean) returns text[]
language sql immutable
as $$
  select case
    when p_reason = 'reversal' then array['other', null, 'OBSERVE']
    when p_reason = 'scrap' or (p_kind in ('inspection', 'return') and p_to = 'adjustment') then array['destroying', 'destroyed', 'DELETE']
    when p_kind = 'count' or p_reason = 'count' then array['cycle_counting', case when p_to = 'adjustment' then 'unknown' end, 'OBSERVE']
    when p_kind = 'adjustment' and p_reason = 'damage' then array['inspecting', 'damaged', 'OBSERVE']
    when p_kind = 'adjustment' then array['stock_taking', case when p_to = 'adjustment' then 'unknown' end, 'OBSERVE']
    when p_kind = 'return' and p_from = 'outside' then array['receiving', 'returned', 'OBSERVE']
    when p_from in ('outside', 'transit') then array['receiving', 'in_progress', 'OBSERVE']
    when p_to in ('outside', 'transit') then array['shipping', 'in_transit', 'OBSERVE']
    when p_kind = 'inspection' or p_to = 'quarantine' then array['inspecting', case when p_to = 'quarantine' then 'non_sellable_other' else 'conformant' end, 'OBSERVE']
    when not p_is_same_site then array['transporting', 'in_progress', 'OBSERVE']
    when p_to = 'pack' then array['picking', 'in_progress', 'OBSERVE']
    when p_to = 'stage' then array['staging_outbound', 'in_progress', 'OBSERVE']
    when p_to = 'dock' then array['loading', 'in_progress', 'OBSERVE']
    when p_to = 'pick' then array['stocking', 'sellable_accessible', 'OBSERVE']
    else array['storing', 'sellable_not_accessible', 'OBSERVE']
  end
$$;

-- One event per document, instant, and pair of places of what was just written to the ledger.
create function bss.note_moves() returns trigger
language plpgsql
as $$
begin
  with line as materialized (
    select m.organization_id, m.document_kind, m.document_id, m.reason, m.from_location_id, m.to_location_id, m.occurred_at, m.recorded_at, i.tracking = 'serial' as is_single,
           bss.epcis_thing(i.gtin, i.tracking, t.number, m.item_id, m.lot_id) as epc, nullif(i.base_unit, 'EA') as uom, sum(m.quantity) as quantity
      from moved m
      join bss.item i on i.organization_id = m.organization_id and i.id = m.item_id
      left join bss.lot t on t.organization_id = m.organization_id and t.id = m.lot_id
     group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
  ), happening as materialized (
    select l.organization_id, bss.new_id() as id, l.document_kind, l.document_id, l.reason, l.from_location_id, l.to_location_id, l.occurred_at, l.recorded_at,
           jsonb_agg(l.epc) filter (where l.is_single) as epcs,
           jsonb_agg(case when l.uom is null then jsonb_build_object('epcClass', l.epc, 'quantity', trim_scale(l.quantity)) else jsonb_build_object('epcClass', l.epc, 'quantity', trim_scale(l.quantity), 'uom', l.uom) end)
             filter (where not l.is_single) as quantities
      from line l group by 1, 3, 4, 5, 6, 7, 8, 9
  ), told as materialized (
    select h.*, s.id as site_id, s.time_zone, bss.epcis_meaning(h.document_kind, h.reason, coalesce(f.virtual_role, f.kind), coalesce(t.virtual_role, t.kind), f.site_id = t.site_id) as meaning,
           case when f.kind = 'virtual' then bss.epcis_place(s.gln, t.code, t.id) else bss.epcis_place(fs.gln, f.code, f.id) end as read_point,
           case when t.kind <> 'virtual' then bss.epcis_place(s.gln, t.code, t.id) end as biz_location,
           case h.document_kind when 'receipt' then 'recadv' when 'shipment' then 'desadv' when 'return' then 'rma' when 'inspection' then 'testres' end as document_type
      from happening h
      join bss.location f on f.organization_id = h.organization_id and f.id = h.from_location_id
      join bss.location t on t.organization_id = h.organization_id and t.id = h.to_location_id
      join bss.site fs on fs.organization_id = h.organization_id and fs.id = f.site_id
      join bss.site s on s.organization_id = h.organization_id and s.id = case when t.kind = 'virtual' then f.site_id else t.site_id end
  ), made as (
    insert into bss.epcis_event (organization_id, id, event_id, site_id, type, action, biz_step, disposition, read_point, biz_location, event_time, record_time, body)
    select o.organization_id, o.id, 'urn:uuid:' || o.id, o.site_id, 'ObjectEvent', o.meaning[3], o.meaning[1], o.meaning[2], o.read_point, o.biz_location, date_trunc('milliseconds', o.occurred_at), o.recorded_at,
           jsonb_strip_nulls(jsonb_build_object(
             'type', 'ObjectEvent', 'eventID', 'urn:uuid:' || o.id, 'eventTime', bss.epcis_instant(o.occurred_at), 'recordTime', bss.epcis_instant(o.recorded_at),
             'eventTimeZoneOffset', bss.epcis_offset(o.occurred_at, o.time_zone), 'action', o.meaning[3], 'bizStep', o.meaning[1], 'disposition', o.meaning[2],
             'readPoint', jsonb_build_object('id', o.read_point), 'bizLocation', case when o.biz_location is not null then jsonb_build_object('id', o.biz_location) end,
             'bizTransactionList', jsonb_build_array(jsonb_build_object('type', o.document_type, 'bizTransaction', 'urn:uuid:' || o.document_id)), 'epcList', o.epcs, 'quantityList', o.quantities))
      from told o
  )
  insert into bss.epcis_epc (organization_id, event_id, role, epc)
  select distinct l.organization_id, h.id, case when l.is_single then 'epc' else 'class' end, l.epc
    from line l
    join happening h on (h.organization_id, h.document_kind, h.document_id, h.reason, h.from_location_id, h.to_location_id, h.occurred_at, h.recorded_at)
                      = (l.organization_id, l.document_kind, l.document_id, l.reason, l.from_location_id, l.to_location_id, l.occurred_at, l.recorded_at)
  union all
  select o.organization_id, o.id, 'transaction', concat(o.document_type, ' urn:uuid:', o.document_id) from told o;
  return null;
end
$$;
create trigger told after insert on bss.stock_move referencing new table as moved for each statement execute function bss.note_moves();

-- Packing and unpacking: what lies in a handling unit (its SSCC), and what was put in or taken out. Items, lots and quantities are parallel.
create function bss.note_aggregation(
  p_org uuid, p_action text, p_biz_step text, p_parent_sscc text, p_location uuid, p_child_sscc text[], p_item_ids uuid[], p_lot_ids uuid[], p_quantities numeric[], p_occurred_at timestamptz
) returns void
language plpgsql
as $$
declare
  happening uuid := bss.new_id();
begin
  with thing as materialized (
    select 'https://id.gs1.org/00/' || c.sscc as epc, true as is_single, null::text as uom, null::numeric as quantity from unnest(p_child_sscc) c (sscc)
    union all
    select bss.epcis_thing(i.gtin, i.tracking, t.number, i.id, t.id), i.tracking = 'serial', nullif(i.base_unit, 'EA'), sum(u.quantity)
      from unnest(p_item_ids, p_lot_ids, p_quantities) u (item_id, lot_id, quantity)
      join bss.item i on i.organization_id = p_org and i.id = u.item_id
      left join bss.lot t on t.organization_id = p_org and t.id = u.lot_id
     group by 1, 2, 3
  ), place as (
    select s.id as site_id, s.time_zone, bss.epcis_place(s.gln, l.code, l.id) as uri
      from bss.location l join bss.site s on s.organization_id = p_org and s.id = l.site_id
     where l.organization_id = p_org and l.id = p_location
  ), made as (
    insert into bss.epcis_event (organization_id, id, event_id, site_id, type, action, biz_step, disposition, read_point, biz_location, event_time, body)
    select p_org, happening, 'urn:uuid:' || happening, p.site_id, 'AggregationEvent', p_action, p_biz_step, 'in_progress', p.uri, p.uri, date_trunc('milliseconds', p_occurred_at),
           jsonb_strip_nulls(jsonb_build_object(
             'type', 'AggregationEvent', 'eventID', 'urn:uuid:' || happening, 'eventTime', bss.epcis_instant(p_occurred_at), 'recordTime', bss.epcis_instant(now()),
             'eventTimeZoneOffset', bss.epcis_offset(p_occurred_at, p.time_zone), 'action', p_action, 'bizStep', p_biz_step, 'disposition', 'in_progress', 'readPoint', jsonb_build_object('id', p.uri),
             'bizLocation', jsonb_build_object('id', p.uri), 'parentID', 'https://id.gs1.org/00/' || p_parent_sscc,
             'childEPCs', (select jsonb_agg(distinct g.epc) from thing g where g.is_single),
             'childQuantityList', (select jsonb_agg(jsonb_build_object('epcClass', g.epc, 'quantity', trim_scale(g.quantity), 'uom', g.uom)) from thing g where not g.is_single)))
      from place p
  )
  insert into bss.epcis_epc (organization_id, event_id, role, epc)
  select p_org, happening, 'parent', 'https://id.gs1.org/00/' || p_parent_sscc
  union all
  select distinct p_org, happening, case when g.is_single then 'epc' else 'class' end, g.epc from thing g;
end
$$;

do $do$
declare f text;
begin
  foreach f in array array['gs1_segment', 'epcis_thing', 'epcis_place', 'epcis_instant', 'epcis_offset', 'epcis_meaning', 'note_moves', 'note_aggregation'] loop
    execute format('revoke execute on function bss.%I from public', f);
    execute format('grant execute on function bss.%I to bss_app, bss_worker', f);
  end loop;
end
$do$;
