import { randomBytes } from 'node:crypto'
import { newId } from '../../../kernel/ids.ts'
import { keyDigest, newKey } from '../../crypto/keys.ts'
import { literal, Tapped } from './tapped.ts'

/** A passkey of a person and an open session that signing in with it leaves, behind the authenticator that a proof does not have. For proofs only. */
export async function plantPasskeySession(superuserUrl: string, { organizationId, userId, minutesAgo }: { organizationId: string; userId: string; minutesAgo: number }) {
  const [token, sessionId, passkeyId] = [newKey('s'), newId(), newId()]
  const bytes = (hex: string): string => literal(`\\x${hex}`)
  const owner = `${literal(organizationId)}, ${literal(userId)}`
  const superuser = await Tapped.connect({ connectionString: superuserUrl })
  try {
    await superuser.must(`insert into bss.webauthn_credential (organization_id, user_id, id, name, credential, public_key, can_be_backed_up, is_backed_up, created_by, updated_by)
      values (${owner}, ${literal(passkeyId)}, 'Planted', ${bytes(randomBytes(32).toString('hex'))}, ${bytes(randomBytes(77).toString('hex'))}, false, false, ${literal(userId)}, ${literal(userId)})`)
    await superuser.must(`insert into bss.session (organization_id, user_id, id, kind, digest, methods, authenticated_at, expires_at, created_by, updated_by)
      values (${owner}, ${literal(sessionId)}, 'person', ${bytes(keyDigest(token))}, array['webauthn'], now() - make_interval(mins => ${minutesAgo}), now() + interval '11 hours', ${literal(userId)}, ${literal(userId)})`)
  } finally {
    await superuser.close()
  }
  return { token, sessionId, passkeyId }
}
