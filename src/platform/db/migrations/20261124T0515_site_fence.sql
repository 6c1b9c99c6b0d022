-- The second, narrower wall: a caller who works at some sites only meets nothing of the others. It stands in the rows as the first
-- one does, so that no statement, report or room that comes later can forget it.

-- The sites of the sealed context, behind the role: `<role>@<site>,<site>`. Null: all of the organization's. The seal over it is
-- checked by sec.org(), which stands beside it in front of every row.
create function sec.sites() returns uuid[]
language sql stable parallel safe
as $$ select string_to_array(nullif(split_part(split_part(current_setting('app.ctx', true), '.', 3), '@', 2), ''), ',')::uuid[] $$;

-- Fences a table whose rows name their sites: all of the named columns must be sites of the caller. A CASE and not an OR, because of
-- an OR with an unknown list the planner expects hardly any rows, and then chooses plans for hardly any rows.
create procedure sec.fence_by_site(target regclass, variadic site_columns text[])
language plpgsql
as $$
begin
  execute format('drop policy if exists site on %s', target);
  execute format(
    'create policy site on %s as restrictive for all to bss_app, bss_worker, bss_reader using (case when (select sec.sites()) is null then true else %s end)',
    target, (select string_agg(format('%I = any ((select sec.sites())::uuid[])', c), ' and ') from unnest(site_columns) c));
end
$$;

-- Fences a table whose rows belong to rows of a fenced table: one of the named columns must be a row that the caller meets. New rows
-- are left to their foreign key: an order and its lines are written by one statement, which does not see its own order yet.
create procedure sec.fence_by_parent(target regclass, parent regclass, variadic parent_columns text[])
language plpgsql
as $$
begin
  execute format('drop policy if exists site on %s', target);
  execute format(
    'create policy site on %1$s as restrictive for all to bss_app, bss_worker, bss_reader using (case when (select sec.sites()) is null then true else exists (select from %2$s parent where parent.organization_id = %1$s.organization_id and parent.id in (%3$s)) end) with check (true)',
    target, parent, (select string_agg(format('%s.%I', target, c), ', ') from unnest(parent_columns) c));
end
$$;

revoke execute on function sec.sites() from public;
revoke execute on procedure sec.fence_by_site(regclass, text[]), sec.fence_by_parent(regclass, regclass, text[]) from public;
grant execute on function sec.sites() to bss_app, bss_worker, bss_reader;
