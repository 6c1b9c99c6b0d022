-- As before (20261125T0610): an event brings its things with it, instead of being compared with every line of a large posting to find them.
create or replace function bss.note_moves() returns trigger
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
             filter (where not l.is_single) as quantities,
           array_agg(l.epc) as things, array_agg(l.is_single) as singles
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
  select distinct o.organization_id, o.id, case when u.is_single then 'epc' else 'class' end, u.epc from told o cross join lateral unnest(o.things, o.singles) u (epc, is_single)
  union all
  select o.organization_id, o.id, 'transaction', concat(o.document_type, ' urn:uuid:', o.document_id) from told o;
  return null;
end
$$;
