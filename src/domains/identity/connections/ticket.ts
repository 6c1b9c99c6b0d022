// The address at which an administrator tries a connection: sealed, for one connection, for ten minutes. That it works once is seen to
// where it is used.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { newId } from '../../../kernel/ids.ts'
import { openSecret, sealSecret } from '../../../platform/crypto/vault.ts'
import type { IdentityParts } from '../parts.ts'

const LIFETIME_MS = 600_000
const Ticket = Compile(Type.Object({ id: Type.String(), untilMs: Type.Number(), testedBy: Type.String(), returnTo: Type.Optional(Type.String()) }))
const purposeOf = (connectionId: string): string => `test ticket:${connectionId}`

/** `returnTo`: the page of ours that shows how it ended, when that is not the end of the way itself. */
export function newTicket(parts: IdentityParts, connectionId: string, testedBy: string, returnTo = '/'): { readonly url: string; readonly expiresAt: string } {
  const untilMs = parts.nowMs() + LIFETIME_MS
  const ticket = sealSecret(parts.secret, JSON.stringify({ id: newId(), untilMs, testedBy, returnTo }), purposeOf(connectionId)).toString('base64url')
  return { url: `${parts.origin()}/auth/test/${connectionId}?ticket=${ticket}`, expiresAt: new Date(untilMs).toISOString() }
}

export function readTicket(parts: IdentityParts, text: string, connectionId: string): { readonly id: string; readonly untilMs: number; readonly testedBy: string; readonly returnTo?: string } | null {
  try {
    const ticket = Ticket.Parse(JSON.parse(openSecret(parts.secret, Buffer.from(text, 'base64url'), purposeOf(connectionId))))
    return ticket.untilMs > parts.nowMs() ? ticket : null
  } catch {
    return null // Whatever was wrong with it: it is no ticket of ours.
  }
}
