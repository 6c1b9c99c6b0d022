// Users and groups as SCIM shows them, whole; what the caller wants to see of them is cut out by projection.ts.
import type { GroupRow, Member } from './groups-store.ts'
import { ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA } from './schemas.ts'
import { descriptionOf } from './users.ts'
import type { UserRow } from './users-store.ts'

export type Resource = Readonly<Record<string, unknown>>
export const etagOf = (rowVersion: number): string => `W/"${rowVersion}"`
export const locationOf = (base: string, type: 'User' | 'Group', id: string): string => `${base}/${type}s/${id}`

const metaOf = (base: string, resourceType: 'User' | 'Group', { id, createdAt, updatedAt, rowVersion }: Pick<UserRow, 'createdAt' | 'updatedAt' | 'rowVersion'> & { readonly id: string }): Resource => ({
  resourceType, created: createdAt, lastModified: updatedAt, location: locationOf(base, resourceType, id), version: etagOf(rowVersion),
})

export function userResource(base: string, row: UserRow): Resource {
  const { core, enterprise } = descriptionOf(row)
  const hasEnterprise = Object.keys(enterprise).length > 0
  return {
    schemas: hasEnterprise ? [USER_SCHEMA, ENTERPRISE_SCHEMA] : [USER_SCHEMA],
    id: row.id, ...core, displayName: row.displayName,
    ...(row.groups.length === 0 ? {} : { groups: row.groups.map(({ value, display }) => ({ value, $ref: locationOf(base, 'Group', value), display, type: 'direct' })) }),
    ...(hasEnterprise ? { [ENTERPRISE_SCHEMA]: enterprise } : {}),
    meta: metaOf(base, 'User', row),
  }
}

/** `members` null: they were not asked for. */
export const groupResource = (base: string, row: GroupRow, members: readonly Member[] | null): Resource => ({
  schemas: [GROUP_SCHEMA], id: row.id, ...(row.externalRef === null ? {} : { externalId: row.externalRef }), displayName: row.name,
  ...(members === null ? {} : { members: members.map(({ value, display }) => ({ value, $ref: locationOf(base, 'User', value), display, type: 'User' })) }),
  meta: metaOf(base, 'Group', row),
})
