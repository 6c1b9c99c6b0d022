// What may be done with a person: load, decide, save. What a directory says of somebody is changed in the directory.
import type { Facts } from '../../../kernel/access.ts'
import type { UserId } from '../../../kernel/ids.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Above } from '../above.ts'
import { keepingAnAdmin } from '../roles/admins.ts'
import { chosenRole, grantOfRole, heldRolesOfWriter, mayGrant, mayTouch } from '../roles/held.ts'
import type { RoleAssignmentId, RoleGiven } from '../schema.ts'
import type { User, UserDraft } from './contract.ts'
import * as store from './store.ts'

type Writing = Tx<'write', 'members:write'>

const ofDirectory = (what: string): Problem => new Problem('conflict', `This person comes from the directory of the organization (SCIM), which decides about ${what}. Change it there.`)

export const createUser = (tx: Writing, draft: UserDraft): Promise<store.Person> => store.insertUser(tx, draft)

export async function renameUser(tx: Writing, grantor: Facts, id: UserId, displayName: string, expectedVersion: number): Promise<store.Person> {
  const before = await store.lockUser(tx, id)
  if (before.rowVersion !== expectedVersion) throw new Problem('stale', 'The person was changed since you read it. Read it again and repeat your change.')
  if (before.source === 'scim') throw ofDirectory('the name')
  await mayTouch(tx, grantor, 'change this person', [id])
  return store.saveName(tx, before, displayName)
}

/** Suspending is the organization's own emergency brake, also for people of a directory; leaving for good is the directory's to say. */
export function suspendUser(tx: Writing, grantor: Facts, id: UserId): Promise<store.Person> {
  return keepingAnAdmin(tx, async () => {
    const before = await store.lockUser(tx, id)
    if (before.status !== 'active') throw new Problem('illegal_transition', `This person is ${before.status} already.`)
    await mayTouch(tx, grantor, 'suspend this person', [id])
    await store.saveStatus(tx, before, 'suspended')
    await store.endSessionsOf(tx, id, 'suspended')
    return store.lockUser(tx, id)
  })
}

export async function resumeUser(tx: Writing, grantor: Facts, id: UserId): Promise<store.Person> {
  const before = await store.lockUser(tx, id)
  if (before.status === 'active') throw new Problem('illegal_transition', 'This person is active already.')
  if (before.status === 'deactivated' && before.source === 'scim') throw ofDirectory('who is active')
  await mayTouch(tx, grantor, 'let this person in', [id])
  await store.saveStatus(tx, before, 'active')
  return store.lockUser(tx, id)
}

export function deactivateUser(tx: Writing, grantor: Facts, id: UserId): Promise<store.Person> {
  return keepingAnAdmin(tx, async () => {
    const before = await store.lockUser(tx, id)
    if (before.status === 'deactivated') throw new Problem('illegal_transition', 'This person is deactivated already.')
    if (before.source === 'scim') throw ofDirectory('who is active; until then the person can be suspended here')
    await mayTouch(tx, grantor, 'deactivate this person', [id])
    await endOf(tx, before)
    return store.lockUser(tx, id)
  })
}

/** The end of a person's time here: status, sessions, groups and roles in one transaction. Also for what the directory says. */
export async function endOf(tx: Writing, before: store.Person): Promise<void> {
  await store.saveStatus(tx, before, 'deactivated')
  await store.endSessionsOf(tx, before.id, 'deactivated')
  await store.saveLeave(tx, before)
}

export function assignRole(tx: Writing, grantor: Facts, above: Above, id: UserId, given: RoleGiven): Promise<store.Person> {
  return keepingAnAdmin(tx, async () => {
    const before = await store.lockUser(tx, id)
    if (before.status === 'deactivated') throw new Problem('illegal_transition', 'A deactivated person gets no role.')
    const chosen = await chosenRole(tx, above, given)
    mayGrant(grantor, `give the role ${chosen.name}`, chosen.grant)
    const held = (await heldRolesOfWriter(tx, id)).find((each) => each.source === 'manual' && each.role === chosen.role && each.roleId === chosen.roleId)
    // A scope is a fence around the whole person: to draw one, or to take it down, is an act over all that he holds.
    if (chosen.siteIds !== null) await mayTouch(tx, grantor, 'limit this person to sites', [id])
    else if (held !== undefined && held.sites !== null) await mayTouch(tx, grantor, 'take this limit away', [id], true)
    if (held !== undefined) mayGrant(grantor, `change the role ${held.name}`, grantOfRole(held))
    return store.saveRoleGiven(tx, before, chosen)
  })
}

export function unassignRole(tx: Writing, grantor: Facts, id: UserId, assignmentId: RoleAssignmentId): Promise<store.Person> {
  return keepingAnAdmin(tx, async () => {
    const before = await store.lockUser(tx, id)
    const held = (await heldRolesOfWriter(tx, id)).find((each) => each.id === assignmentId)
    if (held === undefined) throw notFound('role of this person')
    if (held.source === 'group') throw new Problem('conflict', 'This role comes from a group. Take the person out of the group, or let the group no longer give the role.')
    if (held.source === 'scim') throw ofDirectory('this role')
    mayGrant(grantor, `take the role ${held.name}`, grantOfRole(held))
    // Taking a role at some sites away may take down the fence: what is left would be held everywhere.
    if (held.sites !== null) await mayTouch(tx, grantor, 'take this limit away', [id], true)
    return store.saveRoleTaken(tx, before, assignmentId)
  })
}

/** A person as somebody sees it who may not see personal data. */
export const asSeenBy = ({ fieldClasses }: Facts, person: store.Person): User =>
  fieldClasses.has('pii') ? person : { ...person, userName: null, displayName: null, emails: null }
