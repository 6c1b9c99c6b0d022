// People with an open session, for tests of what such a person may do: signing in has tests of its own.
import { newId, type OrganizationId, type UserId } from '../../src/kernel/ids.ts'
import { keyDigest, newKey } from '../../src/platform/crypto/keys.ts'
import { sql } from './sql.ts'

export interface SessionWanted {
  readonly organizationId: OrganizationId
  readonly userId: UserId
}

/** Opens a session behind the doors and gives its token, which works in the header `Authorization`. */
export async function openSession(superuserUrl: string, { organizationId, userId }: SessionWanted): Promise<string> {
  const token = newKey('s')
  await sql(
    superuserUrl,
    `insert into bss.session (organization_id, id, kind, digest, user_id, expires_at, address, user_agent, created_by, updated_by)
     values ($1, $2, 'person', $3, $4, now() + interval '8 hours', '192.0.2.7', 'Test browser', $4, $4)`,
    [organizationId, newId<'Session'>(), `\\x${keyDigest(token)}`, userId],
  )
  return token
}

/** Lets a person in by an identity provider: makes an active connection and the identity there. */
export async function giveSignIn(superuserUrl: string, { organizationId, userId }: SessionWanted): Promise<void> {
  const connectionId = newId<'IdentityConnection'>()
  await sql(
    superuserUrl,
    `insert into bss.identity_connection (organization_id, id, name, kind, preset, status, settings, tested_at, tested_by, created_by, updated_by)
     values ($1, $2, $3, 'oidc', 'generic', 'active', '{}', now(), $4, $4, $4)`,
    [organizationId, connectionId, `Connection ${connectionId}`, userId],
  )
  await sql(superuserUrl, "insert into bss.external_identity (organization_id, id, user_id, connection_id, subject, created_by) values ($1, $2, $3, $4, 'subject', $3)", [organizationId, newId(), userId, connectionId])
}
