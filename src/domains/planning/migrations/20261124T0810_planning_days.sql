-- Figures of past days, kept. What was ordered on a day rarely changes once the day is some days old, and a month of a large
-- organization is hundreds of thousands of lines: too many to count for each look at a dashboard. A kept day is never wrong:
-- every change of an order that is not fresh leaves a row in figure_change, in the same transaction, and a day with such a row
-- is counted from the lines again until the worker has kept it anew. Nothing here slows the placing of orders, and no two
-- commands ever wait for each other: changes are only added.

create table bss.figure_day (
  organization_id uuid not null,
  site_id uuid not null,
  -- ordered: lines by the day of their order. due: lines by the day they were promised for.
  kind text not null check (kind in ('ordered', 'due')),
  day date not null,
  -- Where a day begins. After a site has moved to another zone its kept days no longer count.
  time_zone text not null,
  totals jsonb not null,
  kept_at timestamptz not null default now(),
  primary key (organization_id, site_id, kind, day),
  constraint figure_day_site_exists foreign key (organization_id, site_id) references bss.site (organization_id, id)
);
call sec.wall('bss.figure_day', 'working');

create table bss.figure_change (
  organization_id uuid not null,
  id uuid not null default bss.new_id(),
  site_id uuid not null,
  ordered_at timestamptz not null,
  promised_on date,
  primary key (organization_id, id),
  constraint figure_change_site_exists foreign key (organization_id, site_id) references bss.site (organization_id, id)
);
call sec.wall('bss.figure_change', 'working');

-- Every change of a line brings its order up to date (bss.refresh_orders), so the order's row tells of all of them. Days are kept when
-- they ended two days ago at least; what happens to orders fresher than one day concerns no kept day.
create function bss.note_figure_change() returns trigger
language plpgsql
as $$
begin
  insert into bss.figure_change (organization_id, site_id, ordered_at, promised_on) values (new.organization_id, new.site_id, new.ordered_at, new.promised_on);
  if tg_op = 'UPDATE' then
    if (old.site_id, old.ordered_at, old.promised_on) is distinct from (new.site_id, new.ordered_at, new.promised_on) then
      insert into bss.figure_change (organization_id, site_id, ordered_at, promised_on) values (old.organization_id, old.site_id, old.ordered_at, old.promised_on);
    end if;
  end if;
  return null;
end
$$;
grant execute on function bss.note_figure_change() to bss_app, bss_worker;
create trigger figures_at_placing after insert on bss.sales_order for each row
  when (new.ordered_at < now() - interval '24 hours' or new.promised_on < (now() - interval '24 hours')::date)
  execute function bss.note_figure_change();
create trigger figures_at_change after update on bss.sales_order for each row
  when (least(new.ordered_at, old.ordered_at) < now() - interval '24 hours' or least(new.promised_on, old.promised_on) < (now() - interval '24 hours')::date)
  execute function bss.note_figure_change();

-- The index of the order book on coalesce(promised_on, 'infinity') serves its sorting only: row security does not let an expression
-- with coalesce be looked up.
create index sales_order_due on bss.sales_order (organization_id, promised_on) where promised_on is not null;

-- Counts the lines ordered on days of sites, given as parallel arrays, by unit of measure. What each total means: definitions/contract.ts.
create function bss.count_order_days(p_org uuid, p_sites uuid[], p_days date[], p_starts timestamptz[], p_ends timestamptz[])
returns table (site_id uuid, day date, totals jsonb)
language sql stable
as $$
  with span as materialized (
    select u.site_id, u.day, u.starts_at, u.ends_at from unnest(p_sites, p_days, p_starts, p_ends) u(site_id, day, starts_at, ends_at)),
  short as materialized (
    select m.line_id, max(m.wanted) as wanted, max(m.missing) as missing from bss.line_milestone m
     where m.organization_id = p_org and m.kind = 'short' and m.ordered_at >= (select min(s.starts_at) from span s) and m.ordered_at < (select max(s.ends_at) from span s)
     group by m.line_id),
  line as (
    select p.site_id, p.day, l.item_id, l.is_backordered, l.status in ('confirmed', 'released', 'in_fulfilment') as is_open, k.missing, l.ordered - l.cancelled as quantity,
           coalesce(k.wanted, l.ordered - l.cancelled) as wanted, l.status not in ('draft', 'submitted', 'cancelled') as is_demand,
           k.missing is not null or l.status not in ('draft', 'submitted', 'cancelled') as is_counted
      from span p
      join bss.sales_order o on o.organization_id = p_org and o.site_id = p.site_id and o.ordered_at >= p.starts_at and o.ordered_at < p.ends_at
      join bss.sales_order_line l on l.organization_id = p_org and l.order_id = o.id
      left join short k on k.line_id = l.id),
  per_item as materialized (
    select n.site_id, n.day, n.item_id, count(*) filter (where n.is_counted) as lines, count(*) filter (where n.is_counted and n.missing is null) as filled_lines,
           sum(n.wanted) filter (where n.is_counted) as wanted, sum(n.missing) as missing,
           count(*) filter (where n.is_open) as open_lines, count(*) filter (where n.is_backordered) as backordered_lines, sum(n.quantity) filter (where n.is_demand) as demand
      from line n group by 1, 2, 3),
  per_unit as materialized (
    select q.site_id, q.day, jsonb_build_object('unit', i.base_unit, 'lines', sum(q.lines), 'filled_lines', sum(q.filled_lines), 'wanted', coalesce(sum(q.wanted), 0),
             'missing', coalesce(sum(q.missing), 0), 'open_lines', sum(q.open_lines), 'backordered_lines', sum(q.backordered_lines), 'demand', coalesce(sum(q.demand), 0)) as total
      from per_item q join bss.item i on i.organization_id = p_org and i.id = q.item_id group by q.site_id, q.day, i.base_unit)
  select p.site_id, p.day, coalesce(jsonb_agg(t.total) filter (where t.total is not null), '[]')
    from span p left join per_unit t on t.site_id = p.site_id and t.day = p.day group by p.site_id, p.day
$$;

-- The same for lines due on days of sites.
create function bss.count_due_days(p_org uuid, p_sites uuid[], p_days date[], p_zones text[])
returns table (site_id uuid, day date, totals jsonb)
language sql stable
as $$
  with span as materialized (select u.site_id, u.day, u.zone from unnest(p_sites, p_days, p_zones) u(site_id, day, zone)),
  total as materialized (
    select p.site_id, p.day, count(*) as due, count(*) filter (where l.delivered > 0) as delivered,
           count(*) filter (where l.delivered >= l.ordered - l.cancelled and (m.recorded_at at time zone p.zone)::date <= p.day) as on_time_in_full
      from (select distinct q.day from span q) d
      join bss.sales_order o on o.organization_id = p_org and o.promised_on = d.day
      join span p on p.site_id = o.site_id and p.day = d.day
      join bss.sales_order_line l on l.organization_id = p_org and l.order_id = o.id and l.status not in ('draft', 'submitted', 'cancelled')
      left join bss.line_milestone m on m.organization_id = p_org and m.line_id = l.id and m.kind = 'delivered'
     group by p.site_id, p.day)
  select p.site_id, p.day, jsonb_build_array(jsonb_build_object('due', coalesce(t.due, 0), 'delivered', coalesce(t.delivered, 0), 'on_time_in_full', coalesce(t.on_time_in_full, 0)))
    from span p left join total t on t.site_id = p.site_id and t.day = p.day
$$;

-- The days of a period at each site, in the site's own calendar, with what is kept of them: totals are null where they must be
-- counted. Without dates the 30 days up to today; days that have not come are left out.
create function bss.figure_days(p_org uuid, p_kind text, p_site uuid, p_from date, p_to date)
returns table (site_id uuid, day date, time_zone text, totals jsonb)
language sql stable
as $$
  with span as materialized (
    select s.id as site_id, s.time_zone, (now() at time zone s.time_zone)::date as today from bss.site s where s.organization_id = p_org and (p_site is null or s.id = p_site)),
  changed as materialized (
    select x.site_id, case p_kind when 'ordered' then (c.ordered_at at time zone x.time_zone)::date else c.promised_on end as day
      from bss.figure_change c join span x on x.site_id = c.site_id where c.organization_id = p_org group by 1, 2)
  select x.site_id, d.day::date, x.time_zone, case when f.time_zone = x.time_zone and c.day is null then f.totals end
    from span x
    cross join lateral generate_series(coalesce(p_from, coalesce(p_to, x.today) - 29)::timestamp, least(coalesce(p_to, x.today), x.today)::timestamp, interval '1 day') d(day)
    left join bss.figure_day f on f.organization_id = p_org and f.site_id = x.site_id and f.kind = p_kind and f.day = d.day::date
    left join changed c on c.site_id = x.site_id and c.day = d.day::date
$$;

create function bss.order_day_totals(p_org uuid, p_site uuid, p_from date, p_to date)
returns table (organization_id uuid, site_id uuid, unit text, lines bigint, filled_lines bigint, wanted numeric, missing numeric, open_lines bigint, backordered_lines bigint, demand numeric)
language sql stable
as $$
  with span as materialized (select f.* from bss.figure_days(p_org, 'ordered', p_site, p_from, p_to) f),
  live as materialized (
    select array_agg(s.site_id) as sites, array_agg(s.day) as days, array_agg(s.day::timestamp at time zone s.time_zone) as starts, array_agg((s.day + 1)::timestamp at time zone s.time_zone) as ends
      from span s where s.totals is null),
  all_days as (
    select s.site_id, s.totals from span s where s.totals is not null
    union all select c.site_id, c.totals from live v cross join lateral bss.count_order_days(p_org, v.sites, v.days, v.starts, v.ends) c)
  select p_org, a.site_id, t.unit, sum(t.lines)::bigint, sum(t.filled_lines)::bigint, sum(t.wanted), sum(t.missing), sum(t.open_lines)::bigint, sum(t.backordered_lines)::bigint, sum(t.demand)
    from all_days a
    cross join lateral jsonb_to_recordset(a.totals) t(unit text, lines bigint, filled_lines bigint, wanted numeric, missing numeric, open_lines bigint, backordered_lines bigint, demand numeric)
   group by a.site_id, t.unit
$$;

create function bss.due_day_totals(p_org uuid, p_site uuid, p_from date, p_to date)
returns table (organization_id uuid, site_id uuid, due bigint, delivered bigint, on_time_in_full bigint)
language sql stable
as $$
  with span as materialized (select f.* from bss.figure_days(p_org, 'due', p_site, p_from, p_to) f),
  live as materialized (select array_agg(s.site_id) as sites, array_agg(s.day) as days, array_agg(s.time_zone) as zones from span s where s.totals is null),
  all_days as (
    select s.site_id, s.totals from span s where s.totals is not null
    union all select c.site_id, c.totals from live v cross join lateral bss.count_due_days(p_org, v.sites, v.days, v.zones) c)
  select p_org, a.site_id, sum(t.due)::bigint, sum(t.delivered)::bigint, sum(t.on_time_in_full)::bigint
    from all_days a cross join lateral jsonb_to_recordset(a.totals) t(due bigint, delivered bigint, on_time_in_full bigint)
   group by a.site_id having sum(t.due) > 0
$$;

-- Keeps up to p_limit days, the latest first, of the last 400. Returns how many. The steps matter: changes are taken first and what
-- they concern is let go; what is counted after that has seen them. A change that comes later is not taken, and its day stays
-- one to be counted. The lock keeps a second worker from storing an older count over a newer one.
create function bss.keep_figure_days(p_org uuid, p_limit int) returns int
language plpgsql
as $$
declare
  kept constant int := 398;
  taken uuid[];
  n int := 0;
  more int;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('figure days of ' || p_org, 0)) then
    return 0;
  end if;
  select array_agg(q.id) into taken from (select c.id from bss.figure_change c where c.organization_id = p_org order by c.id limit 20000) q;
  if taken is null and not exists (
    select 1 from bss.site s
     where s.organization_id = p_org and (select count(*) from bss.figure_day f where f.organization_id = p_org and f.site_id = s.id and f.time_zone = s.time_zone
       and f.day > (now() at time zone s.time_zone)::date - 3 - kept) < 2 * kept
  ) then
    return 0;
  end if;
  with gone as (
    delete from bss.figure_change c where c.organization_id = p_org and c.id = any (taken) returning c.site_id, c.ordered_at, c.promised_on),
  concerned as (
    -- A day to each side: the kept day may be one of a zone the site had before.
    select distinct g.site_id, 'ordered' as kind, (g.ordered_at at time zone s.time_zone)::date + k as day
      from gone g join bss.site s on s.organization_id = p_org and s.id = g.site_id cross join generate_series(-1, 1) k
    union
    select distinct g.site_id, 'due', g.promised_on from gone g where g.promised_on is not null)
  delete from bss.figure_day f using concerned x
   where f.organization_id = p_org and f.site_id = x.site_id and f.kind = x.kind and f.day = x.day;
  if not exists (select 1 from bss.sales_order o where o.organization_id = p_org) then
    return 0;
  end if;
  with todo as materialized (
    select s.id as site_id, d.day::date as day, s.time_zone from bss.site s
     cross join lateral generate_series(((now() at time zone s.time_zone)::date - 2 - kept)::timestamp, ((now() at time zone s.time_zone)::date - 3)::timestamp, interval '1 day') d(day)
      left join bss.figure_day f on f.organization_id = p_org and f.site_id = s.id and f.kind = 'ordered' and f.day = d.day::date and f.time_zone = s.time_zone
     where s.organization_id = p_org and f.day is null order by d.day desc, s.id limit p_limit),
  list as (
    select array_agg(t.site_id) as sites, array_agg(t.day) as days, array_agg(t.day::timestamp at time zone t.time_zone) as starts, array_agg((t.day + 1)::timestamp at time zone t.time_zone) as ends from todo t),
  counted as (select c.* from list v cross join lateral bss.count_order_days(p_org, v.sites, v.days, v.starts, v.ends) c)
  insert into bss.figure_day as f (organization_id, site_id, kind, day, time_zone, totals)
  select p_org, c.site_id, 'ordered', c.day, t.time_zone, c.totals from counted c join todo t on t.site_id = c.site_id and t.day = c.day
  on conflict (organization_id, site_id, kind, day) do update set time_zone = excluded.time_zone, totals = excluded.totals, kept_at = now();
  get diagnostics n = row_count;
  with todo as materialized (
    select s.id as site_id, d.day::date as day, s.time_zone from bss.site s
     cross join lateral generate_series(((now() at time zone s.time_zone)::date - 2 - kept)::timestamp, ((now() at time zone s.time_zone)::date - 3)::timestamp, interval '1 day') d(day)
      left join bss.figure_day f on f.organization_id = p_org and f.site_id = s.id and f.kind = 'due' and f.day = d.day::date and f.time_zone = s.time_zone
     where s.organization_id = p_org and f.day is null order by d.day desc, s.id limit p_limit),
  list as (select array_agg(t.site_id) as sites, array_agg(t.day) as days, array_agg(t.time_zone) as zones from todo t),
  counted as (select c.* from list v cross join lateral bss.count_due_days(p_org, v.sites, v.days, v.zones) c)
  insert into bss.figure_day as f (organization_id, site_id, kind, day, time_zone, totals)
  select p_org, c.site_id, 'due', c.day, t.time_zone, c.totals from counted c join todo t on t.site_id = c.site_id and t.day = c.day
  on conflict (organization_id, site_id, kind, day) do update set time_zone = excluded.time_zone, totals = excluded.totals, kept_at = now();
  get diagnostics more = row_count;
  return n + more;
end
$$;

revoke execute on function bss.count_order_days(uuid, uuid[], date[], timestamptz[], timestamptz[]), bss.count_due_days(uuid, uuid[], date[], text[]), bss.figure_days(uuid, text, uuid, date, date),
  bss.order_day_totals(uuid, uuid, date, date), bss.due_day_totals(uuid, uuid, date, date), bss.keep_figure_days(uuid, int) from public;
grant execute on function bss.count_order_days(uuid, uuid[], date[], timestamptz[], timestamptz[]), bss.count_due_days(uuid, uuid[], date[], text[]), bss.figure_days(uuid, text, uuid, date, date),
  bss.order_day_totals(uuid, uuid, date, date), bss.due_day_totals(uuid, uuid, date, date) to bss_app, bss_worker, bss_reader;
grant execute on function bss.keep_figure_days(uuid, int) to bss_worker;
