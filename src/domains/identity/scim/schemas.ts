// The attributes we know: what bodies, paths, filters and projections are checked against, and what /Schemas says. One list for all.
export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const ENTERPRISE_SCHEMA = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export type ResourceType = 'User' | 'Group'

export interface Attribute {
  readonly name: string
  readonly type: 'string' | 'boolean' | 'reference' | 'complex'
  readonly multiValued: boolean
  readonly description: string
  readonly required: boolean
  readonly caseExact: boolean
  readonly mutability: 'readWrite' | 'readOnly'
  readonly uniqueness: 'none' | 'server'
  readonly referenceTypes?: readonly string[]
  /** Longest text. */
  readonly max: number
  readonly subAttributes: readonly Attribute[]
}

const TEXT_MAX = 1_024
type More = Partial<Omit<Attribute, 'name' | 'description'>>
const attribute = (name: string, description: string, more: More = {}): Attribute => ({
  name, description, type: 'string', multiValued: false, required: false, caseExact: false, mutability: 'readWrite', uniqueness: 'none', max: TEXT_MAX, subAttributes: [], ...more,
})
const complex = (name: string, description: string, subAttributes: readonly Attribute[], more: More = {}): Attribute => attribute(name, description, { type: 'complex', subAttributes, ...more })
const plural = (name: string, description: string, value: More = {}): Attribute =>
  complex(name, description, [
    attribute('value', 'The value.', value), attribute('display', 'A name to show.', { max: 255 }), attribute('type', 'A label such as work or home.', { max: 40 }),
    attribute('primary', 'The preferred one.', { type: 'boolean' }),
  ], { multiValued: true })

export const COMMON: readonly Attribute[] = [
  attribute('id', 'Our identifier.', { caseExact: true, mutability: 'readOnly', uniqueness: 'server' }),
  attribute('externalId', 'The identifier of the directory.', { caseExact: true, max: 255 }),
  complex('meta', 'Kind, times and version.', [
    attribute('resourceType', 'User or Group.', { mutability: 'readOnly' }), attribute('created', 'When it was made.', { mutability: 'readOnly' }),
    attribute('lastModified', 'When it was changed last.', { mutability: 'readOnly' }), attribute('location', 'Its address.', { mutability: 'readOnly' }), attribute('version', 'Its weak ETag.', { mutability: 'readOnly' }),
  ], { mutability: 'readOnly' }),
]

export const USER: readonly Attribute[] = [
  attribute('userName', 'Unique in the organization, whatever the case of its letters.', { required: true, uniqueness: 'server', max: 255 }),
  complex('name', 'The parts of the name.', ['formatted', 'familyName', 'givenName', 'middleName', 'honorificPrefix', 'honorificSuffix'].map((name) => attribute(name, `The ${name}.`, { max: 255 }))),
  attribute('displayName', 'The name that is shown.', { max: 255 }),
  attribute('nickName', 'A casual name.', { max: 255 }),
  attribute('profileUrl', 'A page about the person.', { type: 'reference', referenceTypes: ['external'], max: 2_000 }),
  attribute('title', 'A title such as Vice President.', { max: 255 }),
  attribute('userType', 'The relation to the organization.', { max: 255 }),
  attribute('preferredLanguage', 'Languages, best first.', { max: 255 }),
  attribute('locale', 'For numbers and dates.', { max: 100 }),
  attribute('timezone', 'A name of the IANA time zones.', { max: 100 }),
  attribute('active', 'False ends sessions and passkeys at once.', { type: 'boolean' }),
  plural('emails', 'Addresses to write to; nobody is found by one at sign-in.', { max: 320 }),
  plural('phoneNumbers', 'Telephone numbers.', { max: 100 }),
  plural('ims', 'Addresses of instant messages.', { max: 255 }),
  plural('photos', 'Addresses of pictures.', { type: 'reference', referenceTypes: ['external'], max: 2_000 }),
  complex('addresses', 'Postal addresses.', [
    ...['formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country'].map((name) => attribute(name, `The ${name}.`)), attribute('type', 'A label such as work or home.', { max: 40 }),
    attribute('primary', 'The preferred one.', { type: 'boolean' }),
  ], { multiValued: true }),
  complex('groups', 'The groups the person is in; changed at the group.', [
    attribute('value', 'The id of the group.', { mutability: 'readOnly', caseExact: true }), attribute('$ref', 'Its address.', { type: 'reference', referenceTypes: ['Group'], mutability: 'readOnly' }),
    attribute('display', 'Its name.', { mutability: 'readOnly' }), attribute('type', 'Always direct.', { mutability: 'readOnly' }),
  ], { multiValued: true, mutability: 'readOnly' }),
  plural('entitlements', 'Kept as it is given. It grants nothing here.'),
  plural('roles', 'Kept as it is given. It grants nothing here: roles come from the mapping of groups.'),
  plural('x509Certificates', 'Kept as it is given.', { max: 10_000 }),
]
export const ENTERPRISE: readonly Attribute[] = [
  ...['employeeNumber', 'costCenter', 'organization', 'division', 'department'].map((name) => attribute(name, `The ${name}.`, { max: 255 })),
  complex('manager', 'Who the person reports to.', [
    attribute('value', 'An id, as the directory gives it.', { max: 255, caseExact: true }), attribute('$ref', 'An address.', { type: 'reference', referenceTypes: ['User'], max: 2_000 }), attribute('displayName', 'The name.', { max: 255 }),
  ]),
]
export const GROUP: readonly Attribute[] = [
  attribute('displayName', 'The name. It grants nothing: only the mapping that an administrator makes does.', { required: true, max: 255 }),
  complex('members', 'Who is in it.', [
    attribute('value', 'The id of a User.', { caseExact: true, max: 255 }), attribute('$ref', 'Its address.', { type: 'reference', referenceTypes: ['User'] }),
    attribute('display', 'The name.'), attribute('type', 'Always User: a group of groups is not supported.', { max: 40 }),
  ], { multiValued: true }),
]

/** Given by some and never kept: there are no passwords here. */
const IGNORED: ReadonlySet<string> = new Set(['password'])
export const isIgnored = (name: string): boolean => IGNORED.has(name.toLowerCase())

export const findAttribute = (list: readonly Attribute[], name: string): Attribute | null => {
  const wanted = name.toLowerCase()
  return list.find((each) => each.name.toLowerCase() === wanted) ?? null
}

/** Where an attribute lives: among the core ones of its resource, or in the enterprise extension. */
export interface Found {
  readonly extension: boolean
  readonly attribute: Attribute
}
/** By its name alone, or with the schema's URN before it. Null: there is no such attribute. */
export function locate(type: ResourceType, urn: string | null, name: string): Found | null {
  const schema = urn?.toLowerCase() ?? null
  const core = type === 'User' ? USER : GROUP
  if (schema === null || schema === (type === 'User' ? USER_SCHEMA : GROUP_SCHEMA).toLowerCase()) {
    const found = findAttribute([...COMMON, ...core], name)
    return found === null ? null : { extension: false, attribute: found }
  }
  if (type === 'User' && schema === ENTERPRISE_SCHEMA.toLowerCase()) {
    const found = findAttribute(ENTERPRISE, name)
    return found === null ? null : { extension: true, attribute: found }
  }
  return null
}
