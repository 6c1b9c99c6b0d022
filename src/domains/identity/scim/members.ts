// Changes of a group's members, said by PATCH, as what has to be done in the end: nobody is loaded to find it out, so that a group of ten
// thousand costs no more than a small one.
import { findAttribute, GROUP } from './schemas.ts'
import type { Filter, PatchPath } from './filter.ts'
import type { Operation } from './patch.ts'
import { refuse } from './refusal.ts'
import { listOf, MEMBERS_MAX, valueOf } from './values.ts'

export interface MemberChange {
  /** Everybody else leaves. */
  readonly isReplacing: boolean
  readonly added: ReadonlySet<string>
  readonly removed: ReadonlySet<string>
}
export const NO_CHANGE: MemberChange = { isReplacing: false, added: new Set(), removed: new Set() }
export const isMembers = (path: PatchPath | null): boolean => path?.name?.toLowerCase() === 'members'

/** The ids that a value of `members` names; only users can be members. */
export function memberIds(given: unknown): readonly string[] {
  const members = findAttribute(GROUP, 'members')
  if (members === null) return []
  const value = valueOf(members, given)
  return value === undefined ? [] : listOf({ value }, 'value').map((item) => {
    if (typeof item['type'] === 'string' && item['type'].toLowerCase() !== 'user') throw refuse('invalidValue', 'A member must be a User: groups of groups are not supported.')
    if (typeof item['value'] !== 'string') throw refuse('invalidValue', 'A member must have a value: the id of a User.')
    return item['value']
  })
}

/** What the operations on `members` come to, in their order. */
export function memberChange(operations: readonly Operation[]): MemberChange {
  let isReplacing = false
  let added = new Set<string>()
  let removed = new Set<string>()
  for (const { op, path, value } of operations) {
    if (path === null || !isMembers(path)) continue
    if (path.sub !== null) throw refuse('invalidPath', 'A part of a member cannot be changed; add or remove the member.')
    if (op === 'remove' || (op === 'replace' && path.filter !== null)) {
      if (op === 'replace') throw refuse('invalidPath', 'A member is added or removed, never replaced.')
      const named = path.filter === null ? (value === undefined || value === null ? null : memberIds(value)) : namedBy(path.filter)
      if (named === null) [isReplacing, added, removed] = [true, new Set(), new Set()]
      for (const id of named ?? []) {
        added.delete(id)
        removed.add(id)
      }
      continue
    }
    const ids = path.filter === null ? memberIds(value) : namedBy(path.filter)
    if (op === 'replace') [isReplacing, added, removed] = [true, new Set(), new Set()]
    for (const id of ids) {
      added.add(id)
      removed.delete(id)
    }
  }
  if (added.size > MEMBERS_MAX || removed.size > MEMBERS_MAX) throw refuse('tooMany', `More than ${MEMBERS_MAX} members are changed at once.`)
  return { isReplacing, added, removed }
}

/** `members[value eq "…"]`, or several of them with `or`. */
function namedBy(filter: Filter): readonly string[] {
  if (filter.op === 'or') return filter.of.flatMap(namedBy)
  if (filter.op === 'eq' && filter.path.name.toLowerCase() === 'value' && filter.path.sub === null && filter.path.urn === null && typeof filter.value === 'string') return [filter.value]
  throw refuse('invalidFilter', 'Members are named by `members[value eq "…"]`.')
}
