// The ID token of a session, for the provider's log-out. It goes there in an address, so that one too long for addresses is not kept; a
// provider that gets none asks the person to confirm, which is what it is for.
import type { OrganizationId } from '../../../kernel/ids.ts'
import { openSecret, sealSecret } from '../../../platform/crypto/vault.ts'
import type { IdentityParts } from '../parts.ts'

export const ID_TOKEN_MAX = 4_096

/** Where it is sealed. */
interface Place {
  readonly organizationId: OrganizationId
  readonly parts: Pick<IdentityParts, 'secret'>
}

const purposeOf = ({ organizationId }: Place, sessionId: string): string => `id token:${organizationId}:${sessionId}`

export const sealIdToken = (place: Place, sessionId: string, idToken: string | null): Buffer | null =>
  idToken === null || idToken.length > ID_TOKEN_MAX ? null : sealSecret(place.parts.secret, idToken, purposeOf(place, sessionId))

/** Null: there is none, or it is another session's. The session here has ended already, and that stays so. */
export function openIdToken(place: Place, sessionId: string, sealed: Uint8Array | null): string | null {
  if (sealed === null) return null
  try {
    return openSecret(place.parts.secret, sealed, purposeOf(place, sessionId))
  } catch {
    return null
  }
}
