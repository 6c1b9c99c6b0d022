import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COMPARISONS, parseFilter, parsePath, type Filter } from '../filter.ts'
import { planOf } from '../filter-plan.ts'
import { ScimRefusal } from '../refusal.ts'
import { ENTERPRISE_SCHEMA } from '../schemas.ts'

const path = (name: string, sub: string | null = null, urn: string | null = null) => ({ urn, name, sub })
const refusalOf = (work: () => unknown): string | null => {
  try {
    work()
    return null
  } catch (error) {
    return error instanceof ScimRefusal ? error.scimType : 'a crash'
  }
}

/** A filter as text, with every bracket that could be there. */
function written(filter: Filter): string {
  const at = (of: { urn: string | null; name: string; sub: string | null }): string => `${of.urn === null ? '' : `${of.urn}:`}${of.name}${of.sub === null ? '' : `.${of.sub}`}`
  switch (filter.op) {
    case 'and':
    case 'or':
      return filter.of.map((each) => `(${written(each)})`).join(` ${filter.op} `)
    case 'not':
      return `not (${written(filter.of)})`
    case 'each':
      return `${at(filter.path)}[${written(filter.of)}]`
    case 'pr':
      return `${at(filter.path)} pr`
    default:
      return `${at(filter.path)} ${filter.op} ${JSON.stringify(filter.value)}`
  }
}
const word = fc.stringMatching(/^[a-z][A-Za-z0-9_-]{0,8}$/).filter((text) => text !== 'not' && text !== 'urn')
const paths = fc.record({ urn: fc.constantFrom(null, 'urn:ietf:params:scim:schemas:core:2.0:User'), name: word, sub: fc.option(word, { nil: null }) })
const comparisons: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ op: fc.constant('pr' as const), path: paths }),
  fc.record({ op: fc.constantFrom(...COMPARISONS), path: paths, value: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)) }),
)
const filters: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true }, comparisons,
    fc.record({ op: fc.constantFrom('and' as const, 'or' as const), of: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }) }),
    fc.record({ op: fc.constant('not' as const), of: tie('filter') }),
    fc.record({ op: fc.constant('each' as const), path: paths, of: comparisons }),
  ),
})).filter

describe('the filter parser', () => {
  it('reads what it is given, however deep: written and read again it is the same', () => {
    fc.assert(fc.property(filters, (filter) => {
      expect(parseFilter(written(filter))).toEqual(filter)
    }), { numRuns: 300 })
  })
  it('binds not before and before or, whatever the case of its words', () => {
    expect(parseFilter('userName EQ "a" OR title Pr aNd Not (active eq TRUE)')).toEqual({
      op: 'or', of: [{ op: 'eq', path: path('userName'), value: 'a' }, { op: 'and', of: [{ op: 'pr', path: path('title') }, { op: 'not', of: { op: 'eq', path: path('active'), value: true } }] }],
    })
  })
  it('reads URNs with dots, sub-attributes, brackets and what stands behind them', () => {
    expect(parseFilter(`${ENTERPRISE_SCHEMA}:manager.value eq "7"`)).toEqual({ op: 'eq', path: path('manager', 'value', ENTERPRISE_SCHEMA), value: '7' })
    expect(parseFilter('emails[type eq "work" and value co "@acme"]')).toMatchObject({ op: 'each', path: path('emails'), of: { op: 'and' } })
    expect(parseFilter('emails[type eq "work"].value eq "a"')).toMatchObject({ op: 'each', of: { op: 'and', of: [{ op: 'eq' }, { op: 'eq', path: path('value') }] } })
    expect(parseFilter('x eq "quote \\" and \\u00e4 and ] ) \\\\"')).toMatchObject({ value: 'quote " and ä and ] ) \\' })
  })
  it('refuses everything else as invalidFilter, and never crashes or hangs', () => {
    const bad = ['', ' ', 'userName', 'userName eq', 'userName is "a"', 'userName eq a', 'eq "a"', 'userName eq "a" and', 'and', '(userName pr', 'userName pr)', 'not userName pr', 'emails[type eq "work"', 'emails type eq "work"]', 'a.b.c pr',
      'userName eq "a', 'userName eq "\\x"', 'userName eq "\\ud800"', 'userName eq "\\u0000"', 'userName eq \'a\'', 'userName eq "a";drop table x', 'a pr b pr', 'x eq 01', 'x eq 1e', '"a" eq "b"', 'urn: eq 1', `${'('.repeat(17)}a pr${')'.repeat(17)}`,
      `${'('.repeat(2000)}`, 'a'.repeat(4001), Array.from({ length: 101 }, () => 'a pr').join(' or '), 'not (not (not (', 'emails[emails[emails[']
    expect(bad.filter((text) => refusalOf(() => parseFilter(text)) !== 'invalidFilter')).toEqual([])
    fc.assert(fc.property(fc.oneof(fc.string({ maxLength: 60 }), fc.array(fc.constantFrom('a', 'eq', '"x"', '(', ')', '[', ']', 'not', 'and', 'or', '.', 'pr', ' ', 'urn:x:y', '-1'), { maxLength: 25 }).map((parts) => parts.join(' '))), (text) => {
      expect(['invalidFilter', null]).toContain(refusalOf(() => parseFilter(text)))
    }), { numRuns: 1_000 })
  })
})

describe('the path of a PATCH', () => {
  it('is an attribute, a part, a filter with a part, or a whole extension', () => {
    const read = (text: string) => parsePath(text, [ENTERPRISE_SCHEMA])
    expect(read('active')).toEqual({ urn: null, name: 'active', filter: null, sub: null })
    expect(read('name.givenName')).toEqual({ urn: null, name: 'name', filter: null, sub: 'givenName' })
    expect(read('emails[type eq "work"].value')).toMatchObject({ name: 'emails', filter: { op: 'eq', value: 'work' }, sub: 'value' })
    expect(read(`${ENTERPRISE_SCHEMA}:department`)).toEqual({ urn: ENTERPRISE_SCHEMA, name: 'department', filter: null, sub: null })
    expect(read(ENTERPRISE_SCHEMA.toUpperCase())).toEqual({ urn: ENTERPRISE_SCHEMA, name: null, filter: null, sub: null })
  })
  it('is refused as invalidPath when it is none', () => {
    const bad = [' ', '[', 'emails[', 'emails[type]', 'emails.value[type eq "x"]', 'emails[type eq "x"].', 'emails[type eq "x"].a.b', 'a b', '"a"', '7', 'a.b.c', 'emails[type eq "x"] value', 'x'.repeat(4001)]
    expect(bad.filter((text) => refusalOf(() => parsePath(text, [])) !== 'invalidPath')).toEqual([])
  })
})

describe('the plan of a filter', () => {
  const by = (text: string) => planOf('User', parseFilter(text)).by
  it('finds the index without which the filter cannot be met, and none where there is none', () => {
    expect(by('userName eq "a"')).toEqual({ index: 'userName', values: ['a'] })
    expect(by('active eq true and (externalId eq "1" or externalId eq "2")')).toEqual({ index: 'externalId', values: ['1', '2'] })
    expect(by('emails[type eq "work" and value eq "x"]')).toEqual({ index: 'email', values: ['x'] })
    expect(by('id eq "not an id"')).toEqual({ index: 'id', values: [] })
    for (const text of ['userName ne "a"', 'not (userName eq "a")', 'userName eq "a" or externalId eq "a"', 'userName co "a"', 'userName eq null', 'active eq true']) expect({ text, by: by(text) }).toEqual({ text, by: null })
  })
  it('refuses what cannot be filtered by', () => {
    const bad = ['title eq "x"', 'password eq "x"', 'nonsense pr', 'active gt true', 'active eq "maybe"', 'userName eq true', 'userName eq 7', 'meta.created gt "yesterday"', 'meta.created co "2026-01-01T00:00:00Z"', 'name[givenName eq "x"]', 'emails[emails pr]',
      'emails[value.x eq "a"]', `${ENTERPRISE_SCHEMA}:department eq "x"`, 'urn:none:x eq "a"', 'groups.value eq "a"', 'organization_id eq "a"', 'emails.display pr']
    expect(bad.filter((text) => refusalOf(() => planOf('User', parseFilter(text))) !== 'invalidFilter')).toEqual([])
    expect(['members.value co "a"', 'members pr', 'members[not (value eq "a")]', 'members.display eq "x"'].filter((text) => refusalOf(() => planOf('Group', parseFilter(text))) !== 'invalidFilter')).toEqual([])
  })
  it('gives a plan or a refusal for every filter that can be read', () => {
    fc.assert(fc.property(filters, fc.constantFrom('User' as const, 'Group' as const), (filter, type) => {
      expect(['invalidFilter', null]).toContain(refusalOf(() => planOf(type, filter)))
    }))
  })
})
