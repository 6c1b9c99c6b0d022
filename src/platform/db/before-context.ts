// The few questions asked before an organization is known. Each is one definer function that answers with ids and nothing else
// of a tenant; the list is part of the catalogue proof and may only shrink.
import { idOf, type OrganizationId } from '../../kernel/ids.ts'
import { problemOf } from './errors.ts'
import type { Pool } from './pool.ts'
import type { Call } from './wire.ts'

export const organizationsWithEvents = (pool: Pool, limit: number): Promise<OrganizationId[]> =>
  ids(pool, { name: 'bss_organizations_with_events', text: 'select sec.organizations_with_events($1)::text as id', params: [limit] })

/** Active organizations in the order of their ids, after one of them: for chores. */
export const organizationsToTend = (pool: Pool, after: OrganizationId | null, limit: number): Promise<OrganizationId[]> =>
  ids(pool, { name: 'bss_organizations_to_tend', text: 'select sec.organizations_to_tend($1, $2)::text as id', params: [after, limit] })

async function ids(pool: Pool, call: Call): Promise<OrganizationId[]> {
  try {
    const [result] = await pool.use((wire) => wire.send([call]))
    return (result?.rows ?? []).map((row) => idOf<'Organization'>(row[0] ?? ''))
  } catch (error) {
    throw problemOf(error)
  }
}
