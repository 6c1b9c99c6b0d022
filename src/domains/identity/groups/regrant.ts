// From groups to roles: the one place where membership becomes a right. Whoever changes who is in a group, or what a group gives,
// calls this in the same transaction.
import type { UserId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'

const lockUsers = write('members:write', 'select u.id from bss.user_account u where u.organization_id = $1 and u.id = any($2::uuid[]) order by u.id for no key update', { id: column.id<UserId>() })
/** A role that two groups give is one assignment; a scope is a fence, so it is limited as soon as one of them limits it. */
const recompute = write('members:write', `
  with wanted as materialized (
    select m.user_id, g.role, g.role_id, array_agg(distinct s.site) filter (where s.site is not null) as site_ids
      from bss.group_member m
      join bss.group_role_map g on g.organization_id = $1 and g.group_id = m.group_id
      join bss.user_account u on u.organization_id = $1 and u.id = m.user_id and u.status <> 'deactivated'
      left join bss.role c on c.organization_id = $1 and c.id = g.role_id
      left join lateral unnest(g.site_ids) s (site) on true
     where m.organization_id = $1 and m.user_id = any($2::uuid[]) and c.is_retired is not true
     group by m.user_id, g.role, g.role_id
  ), taken as (
    delete from bss.role_assignment r
     where r.organization_id = $1 and r.user_id = any($2::uuid[]) and r.source = 'group'
       and not exists (select from wanted w where w.user_id = r.user_id and w.role is not distinct from r.role and w.role_id is not distinct from r.role_id)
    returning r.user_id, r.role, r.role_id
  ), given as (
    insert into bss.role_assignment as r (organization_id, id, user_id, role, role_id, source, site_ids)
    select $1, bss.new_id(), w.user_id, w.role, w.role_id, 'group', w.site_ids from wanted w
    on conflict on constraint role_assignment_once do update set site_ids = excluded.site_ids where r.site_ids is distinct from excluded.site_ids
    returning r.user_id, r.role, r.role_id
  )
  select t.user_id, t.role, t.role_id, false as is_given from taken t
  union all
  select g.user_id, g.role, g.role_id, true from given g`,
{ userId: column.id<UserId>(), role: column.nullable(column.text), roleId: column.nullable(column.uuidText), isGiven: column.bool })

/**
 * Makes the roles of source 'group' of these people what their groups give. Call it after the change, with the group locked, and
 * inside `keepingAnAdmin`. People are locked first, so that two changes of one person's groups follow each other.
 */
export async function regrant(tx: Tx<'write', 'members:write'>, userIds: readonly UserId[]): Promise<void> {
  if (userIds.length === 0) return
  await tx.rows(lockUsers, [userIds])
  for (const { userId, role, roleId, isGiven } of await tx.rows(recompute, [userIds])) {
    const told = { role: role ?? roleId, source: 'group' }
    tx.changed({ entity: 'user', id: userId, action: isGiven ? 'role_given' : 'role_taken', ...(isGiven ? { after: told } : { before: told }) })
  }
}
