// The few questions asked before an organization is known. Each is one definer function that answers with ids and nothing else
// of a tenant; the list is part of the catalogue proof and may only shrink.
import { idOf, type OrganizationId } from '../../kernel/ids.ts'
import { problemOf } from './errors.ts'
import type { Pool } from './pool.ts'

export async function organizationsWithEvents(pool: Pool, limit: number): Promise<OrganizationId[]> {
  try {
    const [result] = await pool.use((wire) => wire.send([{ name: 'bss_organizations_with_events', text: 'select sec.organizations_with_events($1)::text as id', params: [limit] }]))
    return (result?.rows ?? []).map((row) => idOf<'Organization'>(row[0] ?? ''))
  } catch (error) {
    throw problemOf(error)
  }
}
