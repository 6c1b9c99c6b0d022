// All SQL about an organization's own row, as its members see it.
import type { OrganizationId } from '../../kernel/ids.ts'
import { Problem } from '../../kernel/problem.ts'
import * as column from '../../platform/db/row.ts'
import { read, write } from '../../platform/db/statement.ts'
import type { Tx } from '../../platform/db/tx.ts'
import { ORGANIZATION_STATUSES, PLANS, type MyOrganization, type OrganizationLimits } from './contract.ts'

export const organizationFacts = {
  id: column.id<OrganizationId>(), slug: column.text, name: column.text, status: column.oneOf(ORGANIZATION_STATUSES), statusSince: column.instant,
  region: column.text, plan: column.oneOf(PLANS), rowVersion: column.int, createdAt: column.instant, updatedAt: column.instant,
}
export const limitFacts = { requestsPerSecond: column.int, burst: column.int, concurrentRequests: column.int, rowsPerExport: column.int }

const mine = read('organization:read', `
  select organization_id as id, slug, name, status, status_since, region, plan, row_version, created_at, updated_at
    from bss.organization where organization_id = $1`, organizationFacts)
const limits = read('organization:read', `
  select requests_per_second, burst, concurrent_requests, rows_per_export from bss.organization_limit where organization_id = $1`, limitFacts)
const current = read('organization:write', 'select name, row_version from bss.organization where organization_id = $1', { name: column.text, rowVersion: column.int })
const rename = write('organization:write', `
  update bss.organization set name = $2 where organization_id = $1 and row_version = $3
  returning organization_id as id, slug, name, status, status_since, region, plan, row_version, created_at, updated_at`, organizationFacts)
/** The lock keeps the activation waiting until the first key is there. */
const provisioning = write('organization:write', `
  select organization_id as id from bss.organization where organization_id = $1 and status = 'provisioning' for share`, { id: column.id<OrganizationId>() })

export const getMine = (tx: Tx<'read', 'organization:read'>): Promise<MyOrganization> => tx.one('organization', mine)
export const getLimits = (tx: Tx<'read', 'organization:read'>): Promise<OrganizationLimits> => tx.one('organization', limits)

export async function renameMine(tx: Tx<'write', 'organization:write'>, name: string, expectedVersion: number): Promise<MyOrganization> {
  const before = await tx.one('organization', current)
  const after = await tx.maybe(rename, [name, expectedVersion])
  if (after === null) throw new Problem('stale', `The organization was changed meanwhile; it is at version ${before.rowVersion}. Read it again and repeat the change.`)
  tx.changed({ entity: 'organization', id: after.id, action: 'renamed', before: { name: before.name }, after: { name: after.name } })
  return after
}

/** True while the organization is being set up; holds it there until the end of the transaction. */
export const holdProvisioning = async (tx: Tx<'write', 'organization:write'>): Promise<boolean> => (await tx.maybe(provisioning)) !== null
