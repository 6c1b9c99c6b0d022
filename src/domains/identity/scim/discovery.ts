// What this service provider can do: /ServiceProviderConfig, /ResourceTypes and /Schemas, made from the list that everything is checked by.
import { COUNT_DEFAULT, COUNT_MAX } from './listing.ts'
import type { Resource } from './resources.ts'
import { ENTERPRISE, ENTERPRISE_SCHEMA, GROUP, GROUP_SCHEMA, USER, USER_SCHEMA, type Attribute } from './schemas.ts'

const CORE = 'urn:ietf:params:scim:schemas:core:2.0'

export const serviceProviderConfig = (base: string): Resource => ({
  schemas: [`${CORE}:ServiceProviderConfig`],
  documentationUri: 'https://www.rfc-editor.org/rfc/rfc7644',
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: COUNT_MAX },
  changePassword: { supported: false },
  sort: { supported: true },
  etag: { supported: true },
  pagination: { cursor: true, index: true, defaultPaginationMethod: 'index', defaultPageSize: COUNT_DEFAULT, maxPageSize: COUNT_MAX },
  authenticationSchemes: [{ type: 'oauthbearertoken', name: 'SCIM key', description: 'A key of the directory in the header Authorization: Bearer bss_scim_…', specUri: 'https://www.rfc-editor.org/rfc/rfc6750', primary: true }],
  meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
})

export const resourceTypes = (base: string): readonly Resource[] => [
  { schemas: [`${CORE}:ResourceType`], id: 'User', name: 'User', endpoint: '/Users', description: 'A person', schema: USER_SCHEMA, schemaExtensions: [{ schema: ENTERPRISE_SCHEMA, required: false }], meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/User` } },
  { schemas: [`${CORE}:ResourceType`], id: 'Group', name: 'Group', endpoint: '/Groups', description: 'A group of people', schema: GROUP_SCHEMA, meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/Group` } },
]

export const schemas = (base: string): readonly Resource[] => [
  schema(base, USER_SCHEMA, 'User', 'A person', USER), schema(base, GROUP_SCHEMA, 'Group', 'A group of people', GROUP), schema(base, ENTERPRISE_SCHEMA, 'EnterpriseUser', 'What an enterprise says of a person', ENTERPRISE),
]
const schema = (base: string, id: string, name: string, description: string, attributes: readonly Attribute[]): Resource => ({
  schemas: [`${CORE}:Schema`], id, name, description, attributes: attributes.map(shown), meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
})
function shown({ name, type, multiValued, description, required, caseExact, mutability, uniqueness, referenceTypes, subAttributes }: Attribute): Resource {
  return {
    name, type, multiValued, description, required, mutability, returned: 'default', ...(type === 'complex' ? {} : { caseExact, uniqueness }),
    ...(referenceTypes === undefined ? {} : { referenceTypes }), ...(subAttributes.length === 0 ? {} : { subAttributes: subAttributes.map(shown) }),
  }
}

export const listOf = (resources: readonly Resource[]): Resource => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'], totalResults: resources.length, itemsPerPage: resources.length, startIndex: 1, Resources: resources })
