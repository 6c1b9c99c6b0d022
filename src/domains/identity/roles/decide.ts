// What may be done with an organization's own role: load, decide, save. A role is never wider than who makes or changes it.
import { FIELD_CLASSES, PERMISSIONS, ROLE_NAMES, ROLES, type Facts } from '../../../kernel/access.ts'
import type { RoleId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { CustomRole, CustomRoleDraft, CustomRolePatch } from './contract.ts'
import { mayGrant } from './held.ts'
import * as store from './store.ts'

type Writing = Tx<'write', 'members:write'>
const TEMPLATE_NAMES: ReadonlySet<string> = new Set(ROLE_NAMES.flatMap((name) => [name, ROLES[name].title.toLowerCase()]))

/** A role that is called like a template would be taken for it by whoever reads the audit. */
function refuseName(name: string): void {
  if (!TEMPLATE_NAMES.has(name.toLowerCase())) return
  throw new Problem('conflict', 'This is the name of a role template.', { errors: [{ pointer: '/name', code: 'template_name', message: 'This is the name of a role template.' }] })
}
/** In one order, so that two roles of the same rights read the same. */
const ordered = ({ permissions, fieldClasses }: Pick<CustomRoleDraft, 'permissions' | 'fieldClasses'>) => ({
  permissions: PERMISSIONS.filter((each) => permissions.includes(each)), fieldClasses: FIELD_CLASSES.filter((each) => fieldClasses.includes(each)),
})
/** A role itself has no site: who is limited to sites gives it at those, and so may make it of what he holds. */
const within = (grantor: Facts, what: string, role: Pick<CustomRole, 'permissions' | 'fieldClasses'>): void => mayGrant(grantor, what, { ...role, sites: grantor.sites })

export function createRole(tx: Writing, grantor: Facts, draft: CustomRoleDraft): Promise<CustomRole> {
  refuseName(draft.name)
  within(grantor, 'make this role', { ...ordered(draft) })
  return store.insertRole(tx, { name: draft.name, description: draft.description ?? '', ...ordered(draft) })
}

export async function updateRole(tx: Writing, grantor: Facts, id: RoleId, patch: CustomRolePatch, expectedVersion: number): Promise<CustomRole> {
  const before = await store.lockRole(tx, id)
  if (before.rowVersion !== expectedVersion) throw new Problem('stale', 'The role has changed since you read it. Read it again and repeat your change.')
  if (before.isRetired) throw new Problem('illegal_transition', 'A retired role is not changed any more.')
  if (patch.name !== undefined) refuseName(patch.name)
  const after = { name: patch.name ?? before.name, description: patch.description ?? before.description, ...ordered({ permissions: PERMISSIONS.filter((each) => (patch.permissions ?? before.permissions).some((one) => one === each)), fieldClasses: patch.fieldClasses ?? before.fieldClasses }) }
  // What holders have now and what they would have: taking away is an act over it as well. Holders may be at every site.
  for (const role of [before, after]) mayGrant(grantor, 'change this role', { ...role, sites: before.holders > 0 ? null : grantor.sites })
  return store.saveRole(tx, before, after)
}

export async function retireRole(tx: Writing, grantor: Facts, id: RoleId): Promise<CustomRole> {
  const before = await store.lockRole(tx, id)
  if (before.isRetired) throw new Problem('illegal_transition', 'This role is retired already.')
  mayGrant(grantor, 'retire this role', { ...before, sites: before.holders > 0 ? null : grantor.sites })
  return store.saveRetirement(tx, id)
}
