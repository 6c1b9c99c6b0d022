// The few questions asked before an organization is known. Each is one definer function that answers with ids and nothing else
// of a tenant; the list is part of the catalogue proof and may only shrink.
import { idOf, type OrganizationId } from '../../kernel/ids.ts'
import { problemOf } from './errors.ts'
import type { Pool } from './pool.ts'
import type { Call } from './wire.ts'

export const organizationsWithEvents = (pool: Pool, limit: number): Promise<OrganizationId[]> =>
  ids(pool, { name: 'bss_organizations_with_events', text: 'select sec.organizations_with_events($1)::text as id', params: [limit] })

/** Organizations with audit entries that are not tied on to their chain yet. */
export const organizationsToChain = (pool: Pool, limit: number): Promise<OrganizationId[]> =>
  ids(pool, { name: 'bss_organizations_to_chain', text: 'select sec.organizations_to_chain($1)::text as id', params: [limit] })

/** Organizations with audit entries to send to a receiver of theirs. */
export const organizationsToStream = (pool: Pool, limit: number): Promise<OrganizationId[]> =>
  ids(pool, { name: 'bss_organizations_to_stream', text: 'select sec.organizations_to_stream($1)::text as id', params: [limit] })

/** Organizations with something to ask their carriers. */
export const organizationsToAskCarriers = (pool: Pool, limit: number): Promise<OrganizationId[]> =>
  ids(pool, { name: 'bss_organizations_to_ask_carriers', text: 'select sec.organizations_to_ask_carriers($1)::text as id', params: [limit] })

/** Active organizations in the order of their ids, after one of them: for chores. */
export const organizationsToTend = (pool: Pool, after: OrganizationId | null, limit: number): Promise<OrganizationId[]> =>
  ids(pool, { name: 'bss_organizations_to_tend', text: 'select sec.organizations_to_tend($1, $2)::text as id', params: [after, limit] })

/** Whose organization a sign-in belongs to. Null for what nobody has; the caller shows no difference. */
export type Home = { readonly domain: string } | { readonly connectionId: string } | { readonly slug: string } | { readonly clientId: string }
export async function homeOf(pool: Pool, home: Home): Promise<OrganizationId | null> {
  const [name, text, param] =
    'domain' in home ? ['bss_home_of_domain', 'select sec.home_of_domain($1)::text as id', home.domain] as const
      : 'slug' in home ? ['bss_home_of_slug', 'select sec.home_of_slug($1)::text as id', home.slug] as const
        : 'clientId' in home ? ['bss_home_of_client', 'select sec.home_of_client($1)::text as id', home.clientId] as const
          : ['bss_home_of_connection', 'select sec.home_of_connection($1)::text as id', home.connectionId] as const
  return (await ids(pool, { name, text, params: [param] }))[0] ?? null
}

async function ids(pool: Pool, call: Call): Promise<OrganizationId[]> {
  try {
    const [result] = await pool.use((wire) => wire.send([call]))
    return (result?.rows ?? []).flatMap((row) => (row[0] === null || row[0] === undefined ? [] : [idOf<'Organization'>(row[0])]))
  } catch (error) {
    throw problemOf(error)
  }
}
