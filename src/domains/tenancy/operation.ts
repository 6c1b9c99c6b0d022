// What the platform's operator does with organizations. Everything goes through the definer functions of schema platform, which
// write the platform's own audit; no table of a tenant can be read this way.
import type { Ctx } from '../../kernel/access.ts'
import { newId, type OrganizationId } from '../../kernel/ids.ts'
import { pageFrom, readCursor, type Page } from '../../kernel/page.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import type { Database } from '../../platform/db/database.ts'
import * as column from '../../platform/db/row.ts'
import { system, type SystemStatement } from '../../platform/db/system.ts'
import type { Param } from '../../platform/db/wire.ts'
import { systemContext } from '../../platform/jobs/system-context.ts'
import type { Tx } from '../../platform/db/tx.ts'
import type { FirstKey, NewOrganization, Organization, OrganizationDraft, OrganizationLimits, OrganizationStatus } from './contract.ts'
import { holdProvisioning, limitFacts, organizationFacts } from './store.ts'

const shape = { ...organizationFacts, statusReason: column.nullable(column.text), legalHold: column.bool, ...limitFacts }
const columns = 'organization_id as id, slug, name, status, status_since, status_reason, region, plan, legal_hold, row_version, created_at, updated_at, requests_per_second, burst, concurrent_requests, rows_per_export' as const
const list = system(`select ${columns} from platform.list_organizations($1, $2, $3)`, shape)
const get = system(`select ${columns} from platform.get_organization($1)`, shape)
const create = system(`select ${columns} from platform.create_organization($1, $2, $3, $4, $5, $6, $7, $8)`, shape)
const activate = system(`select ${columns} from platform.activate_organization($1, $2, $3, $4, $5)`, shape)
const allowAnotherFirstKey = system(`select ${columns} from platform.allow_another_first_key($1, $2, $3, $4)`, shape)
const move = system(`select ${columns} from platform.move_organization($1, $2, $3, $4, $5, $6)`, shape)
const setLimits = system(`select ${columns} from platform.set_organization_limits($1, $2, $3, $4, $5, $6, $7, $8)`, shape)

const asWire = ({ requestsPerSecond, burst, concurrentRequests, rowsPerExport, ...facts }: column.Row<typeof shape>): Organization => ({
  ...facts, limits: { requestsPerSecond, burst, concurrentRequests, rowsPerExport },
})
type Organizations = SystemStatement<column.Row<typeof shape>>
const look = async (database: Database, why: string, statement: Organizations, params: readonly Param[]): Promise<Organization[]> =>
  (await database.acrossOrganizations(why, (tx) => tx.call(statement, params))).map(asWire)
const change = async (database: Database, ctx: Ctx<'platform:write'>, why: string, statement: Organizations, params: readonly Param[]): Promise<Organization> => {
  const { actor, requestId } = ctx.facts
  return theOne((await database.acrossOrganizations(why, (tx) => tx.change(ctx, statement, [actor.id, actor.name, requestId, ...params], (row) => row.id))).map(asWire))
}
/** A function of the platform answers with no row when there is no such organization. */
function theOne([organization]: readonly Organization[]): Organization {
  if (organization === undefined) throw notFound('organization')
  return organization
}

export interface OrganizationQuery {
  readonly limit: number
  readonly after: string | undefined
  readonly status: OrganizationStatus | null
}
export async function listOrganizations(database: Database, _ctx: Ctx<'platform:read'>, { limit, after, status }: OrganizationQuery): Promise<Page<Organization>> {
  const slug = after === undefined ? null : readCursor(after, 1)?.[0]
  if (slug === undefined) throw new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: '/query/after', code: 'cursor', message: 'Must be the nextCursor of the page before.' }] })
  return pageFrom(await look(database, 'the operator lists organizations', list, [slug, status, limit + 1]), limit, (row) => [row.slug])
}

export const getOrganization = async (database: Database, _ctx: Ctx<'platform:read'>, id: OrganizationId): Promise<Organization> =>
  theOne(await look(database, 'the operator looks at an organization', get, [id]))

export const moveOrganization = (database: Database, ctx: Ctx<'platform:write'>, id: OrganizationId, to: OrganizationStatus, reason: string): Promise<Organization> =>
  change(database, ctx, 'the operator moves an organization in its life cycle', move, [id, to, reason])

export const setOrganizationLimits = (database: Database, ctx: Ctx<'platform:write'>, id: OrganizationId, limits: OrganizationLimits): Promise<Organization> =>
  change(database, ctx, 'the operator sets the limits of an organization', setLimits, [
    id, limits.requestsPerSecond, limits.burst, limits.concurrentRequests, limits.rowsPerExport,
  ])

/** Makes the first Tenant Admin inside the new organization; making it again voids the earlier key. Identity knows how. */
export type SeedFirstAdmin = (tx: Tx<'write', 'members:write' | 'keys:write'>) => Promise<FirstKey>

/** What making a first key takes, inside the organization it is for. */
const inside = (ctx: Ctx<'platform:write'>, organizationId: OrganizationId, operation: string) =>
  systemContext({ organizationId, permissions: ['organization:write', 'members:write', 'keys:write'], operation, requestId: ctx.facts.requestId })
    .need('organization:write').need('members:write').need('keys:write')

/**
 * Three steps, each of which may be the last one that an interruption lets through: the organization (provisioning), its first key
 * (made inside it, under its own context), its opening with that key. Repeating the request with the same slug and name goes on.
 */
export async function createOrganization(database: Database, ctx: Ctx<'platform:write'>, draft: OrganizationDraft, seed: SeedFirstAdmin): Promise<NewOrganization> {
  const { slug, name, region, plan } = draft
  const begun = await change(database, ctx, 'the operator creates an organization', create, [newId(), slug, name, region ?? 'eu', plan ?? 'standard'])
  const firstKey = await database.write(inside(ctx, begun.id, 'tenancy.createOrganization'), async (tx) => {
    // Somebody who repeats the request at the same moment waits here, and makes the key of the slower one void.
    if (!(await holdProvisioning(tx))) throw new Problem('conflict', 'This organization was opened by somebody else in the meantime.')
    return seed(tx)
  })
  return { organization: await change(database, ctx, 'the operator opens an organization', activate, [begun.id, firstKey.id]), firstKey }
}

/** Another first key when the first was lost on its way; the lost one is void. Refused once anybody of the organization has come in. */
export async function renewFirstKey(database: Database, ctx: Ctx<'platform:write'>, id: OrganizationId, seed: SeedFirstAdmin): Promise<NewOrganization> {
  const organization = await change(database, ctx, 'the operator replaces a first key that nobody received', allowAnotherFirstKey, [id])
  return { organization, firstKey: await database.write(inside(ctx, id, 'tenancy.renewFirstKey'), seed) }
}
