import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { operationsOf, patched } from '../patch.ts'
import { memberChange } from '../members.ts'
import { ScimRefusal } from '../refusal.ts'
import { ENTERPRISE_SCHEMA } from '../schemas.ts'
import { describe as described, type Description } from '../values.ts'
import { PATCH } from './ground.ts'

const start: Description = {
  core: { userName: 'ada', active: true, name: { givenName: 'Ada', familyName: 'Lovelace' }, emails: [{ value: 'ada@work.example', type: 'work', primary: true }, { value: 'ada@home.example', type: 'home' }] },
  enterprise: { department: 'Engines' },
}
const after = (...operations: unknown[]): Description => patched('User', start, operationsOf('User', { schemas: [PATCH], Operations: operations }))
const refusalOf = (...operations: unknown[]): string | null => {
  try {
    after(...operations)
    return null
  } catch (error) {
    return error instanceof ScimRefusal ? error.scimType : `a crash: ${String(error)}`
  }
}
const work = 'emails[type eq "work"].value'

describe('PATCH as Entra ID and Okta send it', () => {
  it.each<[string, unknown, Partial<Description['core']>]>([
    ['a boolean as a text', { op: 'Replace', path: 'active', value: 'False' }, { active: false }],
    ['the word in any case', { OP: 'rEpLaCe', PATH: 'ACTIVE', VALUE: false }, { active: false }],
    ['an object without a path', { op: 'replace', value: { active: false } }, { active: false }],
    ['keys that are paths', { op: 'Add', value: { 'name.givenName': 'Augusta', title: 'Countess', [work]: 'a@work.example' } }, {
      name: { givenName: 'Augusta', familyName: 'Lovelace' }, title: 'Countess', emails: [{ value: 'a@work.example', type: 'work', primary: true }, { value: 'ada@home.example', type: 'home' }],
    }],
    ['a value among several', { op: 'Replace', path: work, value: 'new@work.example' }, { emails: [{ value: 'new@work.example', type: 'work', primary: true }, { value: 'ada@home.example', type: 'home' }] }],
    ['a value that is not there yet', { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+44 1' }, { phoneNumbers: [{ type: 'mobile', value: '+44 1' }] }],
    ['the same by replace', { op: 'Replace', path: 'phoneNumbers[type eq "mobile"].value', value: '+44 1' }, { phoneNumbers: [{ type: 'mobile', value: '+44 1' }] }],
    ['a new primary takes it from the old', { op: 'add', path: 'emails', value: [{ value: 'n@x.example', type: 'other', primary: 'True' }] }, { emails: [{ value: 'ada@work.example', type: 'work' }, { value: 'ada@home.example', type: 'home' }, { value: 'n@x.example', type: 'other', primary: true }] }],
    ['primary by a filter', { op: 'replace', path: 'emails[type eq "home"].primary', value: true }, { emails: [{ value: 'ada@work.example', type: 'work' }, { value: 'ada@home.example', type: 'home', primary: true }] }],
    ['removing by a filter', { op: 'Remove', path: 'emails[type eq "home"]' }, { emails: [{ value: 'ada@work.example', type: 'work', primary: true }] }],
    ['removing by a value', { op: 'Remove', path: 'emails', value: [{ value: 'ada@work.example' }] }, { emails: [{ value: 'ada@home.example', type: 'home' }] }],
    ['one object where a list belongs', { op: 'replace', path: 'emails', value: { value: 'one@x.example' } }, { emails: [{ value: 'one@x.example' }] }],
    ['part of a name', { op: 'replace', path: 'name', value: { familyName: 'King' } }, { name: { givenName: 'Ada', familyName: 'King' } }],
    ['nothing where nothing is known', { op: 'replace', value: { nonsense: 1, id: 'x', groups: [], organizationId: 'x', title: 'T' } }, { title: 'T' }],
    ['a password, which is not kept', { op: 'replace', path: 'password', value: 'secret' }, {}],
    ['a URN of the core', { op: 'replace', path: 'urn:ietf:params:scim:schemas:core:2.0:User:nickName', value: 'A' }, { nickName: 'A' }],
  ])('%s', (_what, operation, core) => expect(after(operation)).toEqual({ core: { ...start.core, ...core }, enterprise: start.enterprise }))
  it.each<[string, unknown, Description['enterprise']]>([
    ['a manager as a plain text', { op: 'Add', path: `${ENTERPRISE_SCHEMA}:manager`, value: '42' }, { department: 'Engines', manager: { value: '42' } }],
    ['a manager as an object', { op: 'replace', path: `${ENTERPRISE_SCHEMA}:manager`, value: { value: '42', $ref: '../Users/42' } }, { department: 'Engines', manager: { value: '42', $ref: '../Users/42' } }],
    ['a manager by its part', { op: 'replace', path: `${ENTERPRISE_SCHEMA}:manager.value`, value: '42' }, { department: 'Engines', manager: { value: '42' } }],
    ['the extension as a key', { op: 'replace', value: { [ENTERPRISE_SCHEMA]: { costCenter: 7 } } }, { department: 'Engines', costCenter: '7' }],
    ['a URN as a key', { op: 'add', value: { [`${ENTERPRISE_SCHEMA}:department`]: 'Sums' } }, { department: 'Sums' }],
    ['emptying', { op: 'Replace', path: `${ENTERPRISE_SCHEMA}:department`, value: '' }, {}],
    ['removing the whole extension', { op: 'remove', path: ENTERPRISE_SCHEMA }, {}],
  ])('%s', (_what, operation, enterprise) => expect(after(operation)).toEqual({ core: start.core, enterprise }))
  it.each<[string, string | null, unknown]>([
    ['an unknown attribute', 'invalidPath', { op: 'replace', path: 'shoeSize', value: 1 }],
    ['what is read-only', 'mutability', { op: 'replace', path: 'id', value: 'x' }],
    ['groups, which are changed at the group', 'mutability', { op: 'add', path: 'groups', value: [{ value: 'x' }] }],
    ['an unknown operation', 'invalidSyntax', { op: 'move', path: 'title', value: 'x' }],
    ['removing without a path', 'noTarget', { op: 'remove' }],
    ['a filter on a single value', 'invalidPath', { op: 'replace', path: 'title[x eq "y"]', value: 'x' }],
    ['a filter that finds nothing and says too little', 'noTarget', { op: 'replace', path: 'emails[value co "nobody"].type', value: 'x' }],
    ['taking the user name away', 'invalidValue', { op: 'remove', path: 'userName' }],
    ['a boolean that is none', 'invalidValue', { op: 'replace', path: 'active', value: 'perhaps' }],
    ['a text that is too long', 'invalidValue', { op: 'replace', path: 'title', value: 'x'.repeat(256) }],
    ['an object where a text belongs', 'invalidValue', { op: 'replace', path: 'title', value: { a: 1 } }],
    ['two primaries', 'invalidValue', { op: 'replace', path: 'emails', value: [{ value: 'a@x', primary: true }, { value: 'b@x', primary: true }] }],
    ['too many values', 'invalidValue', { op: 'replace', path: 'emails', value: Array.from({ length: 101 }, (_, n) => ({ value: `a${n}@x` })) }],
    ['no value', 'invalidValue', { op: 'add', path: 'title' }],
    ['a path of the prototype', 'invalidPath', { op: 'add', path: 'constructor', value: 'x' }],
  ])('is refused: %s', (_what, scimType, operation) => expect(refusalOf(operation)).toBe(scimType))

  const values = fc.oneof(fc.string({ maxLength: 20 }), fc.boolean(), fc.constant(null), fc.integer(), fc.constantFrom('True', 'FALSE', ''), fc.record({ value: fc.emailAddress(), type: fc.constantFrom('work', 'home'), primary: fc.boolean() }), fc.array(fc.record({ value: fc.string({ maxLength: 9 }), type: fc.string({ maxLength: 5 }) }), { maxLength: 4 }))
  const operations = fc.array(fc.record({
    op: fc.constantFrom('add', 'Replace', 'REMOVE'),
    path: fc.constantFrom('active', 'title', 'name', 'name.givenName', 'emails', work, 'emails[value sw "a"]', 'emails[type eq "home"]', 'phoneNumbers', 'phoneNumbers[type eq "mobile"].value', `${ENTERPRISE_SCHEMA}:manager`, ENTERPRISE_SCHEMA, 'userName', undefined), value: values,
  }), { minLength: 1, maxLength: 6 })
  it('gives a description that could have been sent as it is, or refuses with a reason', () => {
    fc.assert(fc.property(operations, (list) => {
      const refusal = refusalOf(...list) ?? ''
      const now = refusal === '' ? after(...list) : start
      expect(refusal).not.toMatch(/^a crash/)
      expect(described('User', { ...now.core, [ENTERPRISE_SCHEMA]: now.enterprise })).toEqual(now)
    }), { numRuns: 1_000 })
  })
  it('done twice, a replacement is the same as done once, and the original is never touched', () => {
    const kept = JSON.stringify(start)
    fc.assert(fc.property(operations, (list) => {
      // A filter may mean something else once its own values were changed.
      const replacing = list.map((each) => ({ ...each, op: 'replace', path: each.path?.includes('[') === true ? 'title' : each.path }))
      const [once, twice] = [refusalOf(...replacing) ?? after(...replacing), refusalOf(...replacing, ...replacing) ?? after(...replacing, ...replacing)]
      expect(twice).toEqual(once)
      expect(JSON.stringify(start)).toBe(kept)
    }))
  })
})

describe('changes of members', () => {
  const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  it('come to what doing them one by one would have come to', () => {
    const change = fc.oneof(
      fc.record({ op: fc.constantFrom('Add', 'replace'), path: fc.constant('members'), value: fc.array(fc.record({ value: ids }), { minLength: 1, maxLength: 3 }) }),
      fc.record({ op: fc.constant('Remove'), path: fc.constant('members'), value: fc.array(fc.record({ value: ids }), { minLength: 1, maxLength: 3 }) }),
      ids.map((id) => ({ op: 'remove', path: `members[value eq "${id}"]`, value: undefined })),
      fc.constant({ op: 'remove', path: 'members', value: undefined }),
    )
    fc.assert(fc.property(fc.uniqueArray(ids), fc.array(change, { minLength: 1, maxLength: 8 }), (before, list) => {
      let expected = new Set<string>(before)
      for (const { op, path, value } of list) {
        const named = value?.map((each) => each.value) ?? [/"(.)"/.exec(path)?.[1] ?? '']
        if (op === 'replace') expected = new Set(named)
        else if (op === 'Add') for (const id of named) expected.add(id)
        else if (value === undefined && path === 'members') expected = new Set()
        else for (const id of named) expected.delete(id)
      }
      const { isReplacing, added, removed } = memberChange(operationsOf('Group', { Operations: list }))
      const kept = isReplacing ? [] : before.filter((id) => !removed.has(id))
      expect([...new Set([...kept, ...added])].toSorted((a, b) => a.localeCompare(b))).toEqual([...expected].toSorted((a, b) => a.localeCompare(b)))
    }))
  })
})
