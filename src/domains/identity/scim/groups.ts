// What a directory may do with a group: announce, rename, say who is in it, delete. Its name grants nothing, whatever it is: only the
// mapping that an administrator of the organization made does, and `regrant` reads that.
import { isUuid, type GroupId, type UserId } from '../../../kernel/ids.ts'
import { regrant } from '../groups/regrant.ts'
import type { Directory, Writing } from './directory.ts'
import * as store from './groups-store.ts'
import type { GroupRow } from './groups-store.ts'
import { memberIds, type MemberChange, NO_CHANGE } from './members.ts'
import { missing, refuse, ScimRefusal } from './refusal.ts'
import { watched, type Expected } from './users.ts'
import { textOf, type Attributes, type Description } from './values.ts'

const nameOf = (core: Attributes): string => {
  const name = textOf(core, 'displayName')?.trim() ?? ''
  if (name === '') throw refuse('invalidValue', 'displayName is required.')
  return name
}
export const membersOf = ({ core }: Description): ReadonlySet<string> => new Set(memberIds(core['members']))

export async function findGroup(tx: Writing, directory: Directory, id: string): Promise<GroupRow> {
  const row = isUuid(id) ? await store.findGroup(tx, directory, id) : null
  if (row === null) throw missing('Group')
  return row
}
async function lock(tx: Writing, directory: Directory, id: string, isExpected: Expected): Promise<GroupRow> {
  const row = isUuid(id) ? await store.lockGroup(tx, directory, id) : null
  if (row === null) throw missing('Group')
  if (!isExpected(row.rowVersion)) throw new ScimRefusal(412, null, 'The Group was changed since you read it. Read it again and repeat your change.')
  return row
}

export async function createGroup(tx: Writing, directory: Directory, description: Description): Promise<GroupRow> {
  const name = nameOf(description.core)
  const externalId = textOf(description.core, 'externalId')
  const id = await store.insertGroup(tx, directory, name, externalId)
  const { added } = await saveMembers(tx, directory, id, { ...NO_CHANGE, added: membersOf(description) })
  tx.changed({ entity: 'group', id, action: 'created', after: { source: 'scim', name, externalId, members: added } })
  return findGroup(tx, directory, id)
}

/** `describe` is given the name and the directory's own id as they are; the members are changed by what is said of them alone. */
export function changeGroup(tx: Writing, directory: Directory, id: string, isExpected: Expected, describe: (now: Description) => { readonly next: Description; readonly members: MemberChange }): Promise<GroupRow> {
  return watched(tx, id, async () => {
    const before = await lock(tx, directory, id, isExpected)
    const { next, members } = describe({ core: { displayName: before.name, ...(before.externalRef === null ? {} : { externalId: before.externalRef }) }, enterprise: {} })
    const name = nameOf(next.core)
    const externalId = textOf(next.core, 'externalId')
    const { added, removed } = await saveMembers(tx, directory, before.id, members)
    const isRenamed = name !== before.name || externalId !== before.externalRef
    if (!isRenamed && added.length + removed.length === 0) return before
    await store.updateGroup(tx, before.id, name, externalId)
    if (isRenamed) tx.changed({ entity: 'group', id: before.id, action: 'changed', before: { name: before.name, externalId: before.externalRef }, after: { name, externalId } })
    if (added.length + removed.length > 0) tx.changed({ entity: 'group', id: before.id, action: 'members_changed', ...(removed.length > 0 ? { before: { members: removed } } : {}), ...(added.length > 0 ? { after: { members: added } } : {}) })
    await regrantAll(tx, [...added, ...removed])
    return findGroup(tx, directory, before.id)
  })
}

export function deleteGroup(tx: Writing, directory: Directory, id: string, isExpected: Expected): Promise<void> {
  return watched(tx, id, async () => {
    const before = await lock(tx, directory, id, isExpected)
    const removed = await store.removeOthers(tx, before.id, [])
    const roles = await store.dropGroup(tx, before.id)
    tx.changed({ entity: 'group', id: before.id, action: 'deleted', before: { name: before.name, externalId: before.externalRef, roles, members: removed } })
    await regrantAll(tx, removed)
  })
}

/** A thousand at a time, so that none of the statements runs into the time-out of the database; in one order, so that two changes follow each other. */
async function regrantAll(tx: Writing, ids: readonly UserId[]): Promise<void> {
  const sorted = [...new Set(ids)].toSorted((a, b) => (a < b ? -1 : 1))
  for (let from = 0; from < sorted.length; from += REGRANTED_AT_ONCE) await regrant(tx, sorted.slice(from, from + REGRANTED_AT_ONCE))
}
const REGRANTED_AT_ONCE = 1_000

/** A member that does not exist, one of another directory and one of another organization are refused alike. */
async function saveMembers(tx: Writing, directory: Directory, id: GroupId, { isReplacing, added, removed }: MemberChange): Promise<{ added: readonly UserId[]; removed: readonly UserId[] }> {
  const wanted = [...added]
  const users = await store.knownUsers(tx, directory, wanted.filter(isUuid))
  if (users.length < wanted.length) {
    const found = new Set<string>(users)
    throw refuse('invalidValue', `There is no such User: ${wanted.find((each) => !found.has(each))?.slice(0, 100) ?? ''}.`)
  }
  const gone = isReplacing ? await store.removeOthers(tx, id, users) : await store.removeMembers(tx, id, [...removed].filter(isUuid))
  return { added: await store.addMembers(tx, id, users), removed: gone }
}
