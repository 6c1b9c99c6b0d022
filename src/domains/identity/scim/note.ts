// A refused request of a directory, as a line of the organization's own sign-in log. Directories repeat what was refused for days, so
// that the lines of an hour are bounded, and the last one of them says so.
import { idOf, newId } from '../../../kernel/ids.ts'
import type { Database } from '../../../platform/db/database.ts'
import { write } from '../../../platform/db/statement.ts'
import type { RefusedRequest } from '../../../platform/http/page.ts'
import { systemContext } from '../../../platform/jobs/system-context.ts'
import { codeOf, type ScimRefusal } from './refusal.ts'

/** So many lines an hour and organization; two that are written in the same moment may be one more. */
export const REFUSALS_AN_HOUR = 300

const insert = write('identity:write', `
  insert into bss.sign_in_attempt (organization_id, id, connection_id, purpose, outcome, detail, subject, address, user_agent, request_id)
  select $1, $2, (select d.connection_id from bss.scim_connection d where d.organization_id = $1 and d.service_account_id = $3), 'scim', $4,
         case when n.lines = $10::int - 1 then 'The last line of this hour; further refusals are not written. ' else '' end || $5, $6, $7, $8, $9
    from (select count(*)::int as lines from (select from bss.sign_in_attempt a where a.organization_id = $1 and a.purpose = 'scim' and a.at > now() - interval '1 hour' limit $10::int) last) n
   where n.lines < $10::int`, {})

/** What the database takes as a text. */
const kept = (text: string, max: number): string => text.slice(0, max).toWellFormed().replaceAll('\0', '\uFFFD')

/** In a transaction of its own: the one that was refused is undone. */
export function noteRefusal(database: Database, method: string, path: string, { ctx, requestId, address, userAgent, params }: RefusedRequest, refusal: ScimRefusal): Promise<unknown> {
  const { organizationId, facts } = ctx
  // The address, without what was asked in it: a filter names people.
  const asked = `${method} ${path.replace('{id}', () => params['id'] ?? '').replace('*', () => params['*'] ?? '')}`
  return database.housekeep(systemContext({ organizationId, permissions: ['identity:write'], operation: 'identity.scim', requestId }), (tx) => tx.rows(insert, [
    newId(), idOf<'ServiceAccount'>(facts.actor.id), codeOf(refusal), kept(refusal.message, 900), kept(asked, 600), address.slice(0, 60), userAgent.slice(0, 300), requestId, REFUSALS_AN_HOUR,
  ]))
}
