// How long a key or a session still opens something in another process after the answer that says it is revoked.
import { keyDigest } from '../../src/platform/crypto/keys.ts'
import { identityApi } from '../../src/domains/identity/contract.ts'
import { sessionsApi } from '../../src/domains/identity/sessions/contract.ts'
import { usersApi } from '../../src/domains/identity/users/contract.ts'
import { clientOf, fetchSender } from '../../src/kernel/client.ts'
import { idOf } from '../../src/kernel/ids.ts'
import { sql } from '../setup/sql.ts'
import { openSession } from '../setup/session.ts'
import type { OrganizationKeys } from '../../src/app/people.ts'
import { quantile } from './figures.ts'

const OF_EACH = 100
/** Far beyond the five seconds that are promised at the very worst. */
const PATIENCE_MS = 20_000

interface Way {
  readonly token: string
  /** Revokes it through the first process; resolves with the answer. */
  readonly revoke: () => Promise<unknown>
}
export interface Revocation {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly revocations: number
}

/** Milliseconds from the answer of the first process to the first refusal of the second, which knew the caller and is asked all the time. */
export async function revoking(urls: { readonly first: string; readonly second: string }, organization: OrganizationKeys, superuserUrl: string): Promise<Revocation> {
  const ways = [...(await keysOf(urls.first, organization)), ...(await sessionsOf(urls.first, organization, superuserUrl))]
  const took: number[] = []
  for (const { token, revoke } of ways) {
    const isKnown = async (): Promise<boolean> => {
      const answer = await fetch(`${urls.second}/api/v1/whoami`, { headers: { authorization: `Bearer ${token}` } })
      await answer.arrayBuffer()
      if (answer.status !== 200 && answer.status !== 401) throw new Error(`The second process answers ${answer.status}, which says nothing of ${keyDigest(token).slice(0, 8)}.`)
      return answer.status === 200
    }
    if (!(await isKnown())) throw new Error('The second process did not know a caller before the revocation.')
    await revoke()
    const revokedMs = performance.now()
    while (await isKnown()) if (performance.now() - revokedMs > PATIENCE_MS) throw new Error('The second process never heard of a revocation.')
    took.push(performance.now() - revokedMs)
  }
  return { p50Ms: quantile(took, 0.5), p99Ms: quantile(took, 0.99), revocations: took.length }
}

async function keysOf(url: string, organization: OrganizationKeys): Promise<Way[]> {
  const admin = clientOf(identityApi, fetchSender({ baseUrl: url, token: organization.keys.tenant_admin }))
  const ways: Way[] = []
  for (let nth = 0; nth < OF_EACH; nth++) {
    const account = await admin.createServiceAccount({ body: { name: `Revoked ${nth}`, role: 'planner' } })
    const key = await admin.createKey({ body: { serviceAccountId: account.id, name: 'revoked' } })
    ways.push({ token: key.secret ?? '', revoke: () => admin.revokeKey({ params: { keyId: key.id } }) })
  }
  return ways
}

async function sessionsOf(url: string, organization: OrganizationKeys, superuserUrl: string): Promise<Way[]> {
  const sender = fetchSender({ baseUrl: url, token: organization.keys.tenant_admin })
  const [users, sessions] = [clientOf(usersApi, sender), clientOf(sessionsApi, sender)]
  const { id: userId } = await users.createUser({ body: { userName: 'revoked@bench.example', displayName: 'Revoked' } })
  await users.assignUserRole({ params: { userId }, body: { role: 'planner' } })
  const ways: Way[] = []
  for (let nth = 0; nth < OF_EACH; nth++) {
    const token = await openSession(superuserUrl, { organizationId: organization.id, userId })
    const [row] = await sql(superuserUrl, 'select id from bss.session where digest = $1', [`\\x${keyDigest(token)}`])
    const sessionId = idOf<'Session'>(String(row?.[0]))
    ways.push({ token, revoke: () => sessions.revokeSession({ params: { userId, sessionId } }) })
  }
  return ways
}
