// What a directory may do with a person: announce, describe anew, deactivate, delete. Whatever is refused leaves nothing half done, because
// each of these is one transaction.
import type { UserId } from '../../../kernel/ids.ts'
import { isUuid } from '../../../kernel/ids.ts'
import { regrant } from '../groups/regrant.ts'
import { watchingAdmins } from '../roles/admins.ts'
import { endSessionsOf, lockUser as lockPerson, saveStatus } from '../users/store.ts'
import type { Directory, Writing } from './directory.ts'
import { missing, refuse, ScimRefusal } from './refusal.ts'
import * as store from './users-store.ts'
import type { UserColumns, UserRow } from './users-store.ts'
import { complexOf, listOf, textOf, type Attributes, type Description } from './values.ts'

/** What the caller has seen, of `If-Match`; null: it did not say. */
export type Expected = (version: number) => boolean

const DISPLAY_MAX = 200
const cut = (text: string): string => Array.from(text).slice(0, DISPLAY_MAX).join('')

/** The description that a row is, as a directory would give it. */
export function descriptionOf(row: UserRow): Description {
  const core: Attributes = {
    ...row.attributes.core, userName: row.userName, active: row.status !== 'deactivated', ...(row.externalRef === null ? {} : { externalId: row.externalRef }),
    ...(row.emails.length === 0 ? {} : { emails: row.emails.map(({ value, type, primary }) => ({ value, ...(type === '' ? {} : { type }), ...(primary ? { primary } : {}) })) }),
  }
  return { core, enterprise: row.attributes.enterprise ?? {} }
}

/** What is kept in columns of its own, and the rest. `before` is who it was: a name that nobody speaks of stays. */
function columnsOf({ core, enterprise }: Description, before: UserRow | null): UserColumns {
  const { userName: _name, externalId: _ref, active: _active, emails: _emails, ...rest } = core
  const userName = textOf(core, 'userName')?.trim() ?? ''
  if (userName === '') throw refuse('invalidValue', 'userName is required.')
  const name = complexOf(core, 'name')
  const parts = [name['givenName'], name['familyName']].filter((part) => typeof part === 'string').join(' ')
  const formatted = typeof name['formatted'] === 'string' ? name['formatted'] : ''
  const displayName = [textOf(core, 'displayName'), formatted, parts, before?.displayName, userName].map((each) => each?.trim() ?? '').find((each) => each !== '') ?? userName
  return { userName, displayName: cut(displayName), externalRef: textOf(core, 'externalId'), attributes: { core: rest, enterprise }, emails: emailsOf(core) }
}

/** One row for each address, whatever the case of its letters: the first that is given. */
function emailsOf(core: Attributes): UserRow['emails'] {
  const byKey = new Map<string, UserRow['emails'][number]>()
  for (const item of listOf(core, 'emails')) {
    const { value, type, primary } = item
    if (typeof value !== 'string') continue
    if (value.length < 3) throw refuse('invalidValue', 'An e-mail address has at least 3 characters.')
    const before = byKey.get(value.toLowerCase())
    byKey.set(value.toLowerCase(), before === undefined ? { value, type: typeof type === 'string' ? type : '', primary: primary === true } : { ...before, primary: before.primary || primary === true })
  }
  return [...byKey.values()]
}
const isActive = ({ core }: Description, before: boolean): boolean => (typeof core['active'] === 'boolean' ? core['active'] : before)

export async function findUser(tx: Writing, directory: Directory, id: string): Promise<UserRow> {
  const row = isUuid(id) ? await store.findUser(tx, directory, id) : null
  if (row === null) throw missing('User')
  return row
}
async function lock(tx: Writing, directory: Directory, id: string, isExpected: Expected): Promise<UserRow> {
  const row = isUuid(id) ? await store.lockUser(tx, directory, id) : null
  if (row === null) throw missing('User')
  if (!isExpected(row.rowVersion)) throw new ScimRefusal(412, null, 'The User was changed since you read it. Read it again and repeat your change.')
  return row
}

export async function createUser(tx: Writing, directory: Directory, description: Description): Promise<UserRow> {
  const columns = columnsOf(description, null)
  const isIn = isActive(description, true)
  const id = await store.insertUser(tx, directory, columns, isIn ? 'active' : 'deactivated')
  tx.changed({ entity: 'user', id, action: 'created', after: { source: 'scim', status: isIn ? 'active' : 'deactivated', ...told(columns).main, attributes: told(columns).attributes } })
  return findUser(tx, directory, id)
}

/** Describes a person anew. `describe` is given who it is now. What changes nothing leaves the version as it is. */
export function changeUser(tx: Writing, directory: Directory, id: string, isExpected: Expected, describe: (now: Description) => Description): Promise<UserRow> {
  return watched(tx, id, async () => {
    const before = await lock(tx, directory, id, isExpected)
    const now = descriptionOf(before)
    const next = describe(now)
    const [old, columns] = [columnsOf(now, before), columnsOf(next, before)]
    const wasIn = before.status !== 'deactivated'
    const isIn = isActive(next, wasIn)
    const changes = differences(told(old), told(columns))
    if (changes !== null || (before.source !== 'scim' && wasIn === isIn)) {
      await store.updateUser(tx, directory, before, columns)
      tx.changed({ entity: 'user', id: before.id, action: 'changed', ...changes, ...(before.source === 'scim' ? {} : { before: { ...changes?.before, source: before.source }, after: { ...changes?.after, source: 'scim' } }) })
    }
    if (wasIn && !isIn) await deactivate(tx, before.id, false)
    if (!wasIn && isIn) await activate(tx, before.id)
    return findUser(tx, directory, before.id)
  })
}

export function deleteUser(tx: Writing, directory: Directory, id: string, isExpected: Expected): Promise<void> {
  return watched(tx, id, async () => {
    const before = await lock(tx, directory, id, isExpected)
    await deactivate(tx, before.id, true)
    await store.buryUser(tx, directory, before)
  })
}

/**
 * Sessions, passkeys and roles end in this transaction. Membership of the directory's own groups stays, because the directory believes
 * that it does: it gives nothing to whoever is not active, and gives it again when he comes back.
 */
async function deactivate(tx: Writing, id: UserId, isForGood: boolean): Promise<void> {
  const person = await lockPerson(tx, id)
  if (person.status !== 'deactivated') await saveStatus(tx, person, 'deactivated')
  await endSessionsOf(tx, id, 'deactivated')
  await store.takeOwn(tx, id, isForGood)
  await regrant(tx, [id])
}
async function activate(tx: Writing, id: UserId): Promise<void> {
  await saveStatus(tx, await lockPerson(tx, id), 'active')
  await regrant(tx, [id])
}

/** The directory is the truth about who is here, so that even the last Tenant Admin goes when it says so; the trail then warns. */
export async function watched<T>(tx: Writing, id: string, change: () => Promise<T>): Promise<T> {
  const { result, isKept } = await watchingAdmins(tx, change)
  if (!isKept) tx.changed({ entity: 'organization', id: tx.organizationId, action: 'left_without_admin', after: { warning: 'No Tenant Admin is left who can enter.', because: id } })
  return result
}

/** For the trail: what is said of a person. What has no column is apart, so that the trail shows it to those who may see everything. */
type Told = Readonly<Record<string, unknown>>
const told = ({ userName, displayName, externalRef, emails, attributes }: UserColumns): { readonly main: Told; readonly attributes: Told } => ({ main: { userName, displayName, externalId: externalRef, emails }, attributes: { ...attributes.core, ...attributes.enterprise } })

function differences(before: ReturnType<typeof told>, after: ReturnType<typeof told>): { before: Told; after: Told } | null {
  const changed = (part: 'main' | 'attributes'): readonly string[] => [...new Set([...Object.keys(before[part]), ...Object.keys(after[part])])].filter((name) => JSON.stringify(before[part][name]) !== JSON.stringify(after[part][name]))
  const [main, attributes] = [changed('main'), changed('attributes')]
  const only = (of: Told, names: readonly string[]): Told => Object.fromEntries(names.map((name) => [name, of[name] ?? null]))
  const side = (of: ReturnType<typeof told>): Told => ({ ...only(of.main, main), ...(attributes.length === 0 ? {} : { attributes: only(of.attributes, attributes) }) })
  return main.length + attributes.length === 0 ? null : { before: side(before), after: side(after) }
}
