-- What the simple event query of EPCIS 2.0 needs besides: places with all that lies in them, and events with what no move has.

-- Few events have any of these, and no row of the ledger does: writing moves costs nothing more. Queries repeat the condition.
create index epcis_event_special on bss.epcis_event (organization_id, event_time, id)
  where jsonb_exists_any(body, array['errorDeclaration', 'persistentDisposition', 'sensorElementList', 'transformationID']);
-- Places that lie in a place.
create index location_of_parent on bss.location (organization_id, site_id, parent_id) where parent_id is not null;

-- The URIs of places and of everything in them by today's master data: of a site its zones and bins, of a zone its bins, of a bin the bins in it.
-- A place may be asked for by its GLN (and code) or by its id here, whichever name the event has. A code that both a bin and a zone have is the bin's.
create function bss.epcis_descendants(p_org uuid, p_uris text[]) returns setof text
language sql stable
as $$
  with recursive site as materialized (
    select s.id, s.gln, coalesce('urn:uuid:' || s.id = any (p_uris) or 'https://id.gs1.org/414/' || s.gln = any (p_uris), false) as is_asked,
           coalesce(s.gln = any (select substring(u.uri from '^https://id\.gs1\.org/414/([0-9]{13})/254/') from unnest(p_uris) u (uri)), false) as is_named
      from bss.site s where s.organization_id = p_org
  ), zone as materialized (
    select z.id, z.code, t.gln, coalesce(t.is_asked or 'urn:uuid:' || z.id = any (p_uris) or case when t.is_named then bss.epcis_place(t.gln, z.code, z.id) = any (p_uris)
             and not exists (select from bss.location l where l.organization_id = p_org and l.site_id = z.site_id and l.code = z.code) end, false) as is_asked
      from bss.zone z join site t on t.id = z.site_id where z.organization_id = p_org
  ), place as (
    select l.id, l.site_id, l.code, t.gln
      from bss.location l join site t on t.id = l.site_id left join zone z on z.id = l.zone_id
     where l.organization_id = p_org and l.kind <> 'virtual'
       and (t.is_asked or z.is_asked or 'urn:uuid:' || l.id = any (p_uris) or case when t.is_named then bss.epcis_place(t.gln, l.code, l.id) = any (p_uris) else false end)
    union
    select l.id, l.site_id, l.code, p.gln from place p join bss.location l on l.organization_id = p_org and l.site_id = p.site_id and l.parent_id = p.id
  ), named as (
    select p.id, bss.epcis_place(p.gln, p.code, p.id) as uri from place p
    union all
    select z.id, bss.epcis_place(z.gln, z.code, z.id) from zone z where z.is_asked
    union all
    select s.id, 'https://id.gs1.org/414/' || s.gln from site s where s.is_asked
  )
  select u.uri from unnest(p_uris) u (uri)
  union
  select n.uri from named n where n.uri is not null
  union
  select 'urn:uuid:' || n.id from named n
$$;
revoke execute on function bss.epcis_descendants(uuid, text[]) from public;
grant execute on function bss.epcis_descendants(uuid, text[]) to bss_app, bss_worker, bss_reader;
grant execute on function bss.epcis_place(text, text, uuid), bss.gs1_segment(text) to bss_reader;
