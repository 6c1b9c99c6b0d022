// What may be done with a group: load, decide, save. To put somebody into a group is to give him what the group gives.
import type { Facts } from '../../../kernel/access.ts'
import type { GroupId, UserId } from '../../../kernel/ids.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Above } from '../above.ts'
import { keepingAnAdmin } from '../roles/admins.ts'
import { chosenRole, grantOfRole, mayGrant, mayTouch } from '../roles/held.ts'
import type { RoleGiven } from '../schema.ts'
import { lockUser } from '../users/store.ts'
import type { Group, GroupRoleId } from './contract.ts'
import { regrant } from './regrant.ts'
import * as store from './store.ts'

type Writing = Tx<'write', 'members:write'>

const refuseDirectory = ({ source }: Group): void => {
  if (source === 'scim') throw new Problem('conflict', 'This group comes from the directory of the organization (SCIM), which decides who is in it. Change it there.')
}

export const createGroup = (tx: Writing, name: string): Promise<Group> => store.insertGroup(tx, name)

/** Both ways: who is put in gets what the group gives, who is taken out loses it, and with it perhaps a fence. */
async function mayMove(tx: Writing, grantor: Facts, id: GroupId, userId: UserId, isLeaving: boolean): Promise<void> {
  const mappings = await store.mappingsOf(tx, id)
  for (const role of mappings) mayGrant(grantor, `give or take the role ${role.name} of this group`, grantOfRole(role))
  if (mappings.some(({ sites }) => sites !== null)) await mayTouch(tx, grantor, 'move this person', [userId], isLeaving)
}

export function addMember(tx: Writing, grantor: Facts, id: GroupId, userId: UserId): Promise<Group> {
  return keepingAnAdmin(tx, async () => {
    refuseDirectory(await store.lockGroup(tx, id))
    const person = await lockUser(tx, userId).catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'not_found') throw new Problem('invalid', 'There is no such person.', { errors: [{ pointer: '/userId', code: 'unknown_user', message: 'There is no such person.' }] })
      throw error
    })
    if (person.status === 'deactivated') throw new Problem('illegal_transition', 'A deactivated person is in no group.')
    await mayMove(tx, grantor, id, userId, false)
    if (await store.saveMember(tx, id, userId)) await regrant(tx, [userId])
    return store.lockGroup(tx, id)
  })
}

export function removeMember(tx: Writing, grantor: Facts, id: GroupId, userId: UserId): Promise<Group> {
  return keepingAnAdmin(tx, async () => {
    refuseDirectory(await store.lockGroup(tx, id))
    await mayMove(tx, grantor, id, userId, true)
    if (!(await store.saveNoMember(tx, id, userId))) throw notFound('member of this group')
    await regrant(tx, [userId])
    return store.lockGroup(tx, id)
  })
}

export function mapRole(tx: Writing, grantor: Facts, above: Above, id: GroupId, given: RoleGiven): Promise<Group> {
  return keepingAnAdmin(tx, async () => {
    await store.lockGroup(tx, id)
    const chosen = await chosenRole(tx, above, given)
    mayGrant(grantor, `let a group give the role ${chosen.name}`, chosen.grant)
    const before = (await store.mappingsOf(tx, id)).find((each) => each.role === chosen.role && each.roleId === chosen.roleId)
    if (before !== undefined) mayGrant(grantor, `change the role ${before.name} of this group`, grantOfRole(before))
    const members = await store.membersOf(tx, id)
    if (chosen.siteIds !== null) await mayTouch(tx, grantor, 'limit the people of this group to sites', members)
    else if (before !== undefined && before.sites !== null) await mayTouch(tx, grantor, 'take the limit of this group away', members, true)
    await store.saveMapping(tx, id, chosen)
    await regrant(tx, members)
    return store.lockGroup(tx, id)
  })
}

export function unmapRole(tx: Writing, grantor: Facts, id: GroupId, mappingId: GroupRoleId): Promise<Group> {
  return keepingAnAdmin(tx, async () => {
    await store.lockGroup(tx, id)
    const before = (await store.mappingsOf(tx, id)).find((each) => each.id === mappingId)
    if (before === undefined) throw notFound('role of this group')
    mayGrant(grantor, `take the role ${before.name} from a group`, grantOfRole(before))
    const members = await store.membersOf(tx, id)
    if (before.sites !== null) await mayTouch(tx, grantor, 'take the limit of this group away', members, true)
    await store.saveNoMapping(tx, id, mappingId, before.name)
    await regrant(tx, members)
    return store.lockGroup(tx, id)
  })
}
