// A challenge travels with its page, sealed: nothing is stored for a page that was only looked at. That it is answered once is seen to
// where the answer is taken, by its digest.
import { createHash, randomBytes } from 'node:crypto'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { openSecret, sealSecret } from '../crypto/vault.ts'
import { CHALLENGE_MS } from './passkeys.ts'

const Sealed = Compile(Type.Object({ challenge: Type.String(), untilMs: Type.Number(), about: Type.Record(Type.String(), Type.String()) }))

export interface Challenge {
  readonly challenge: string
  readonly untilMs: number
  /** What the answer will be about: whose organization, whose passkey. */
  readonly about: Readonly<Record<string, string>>
}
/** For one purpose, such as `passkey sign-in`; with the text that travels. */
export function newChallenge(secret: Uint8Array, purpose: string, about: Challenge['about'], nowMs: number): { readonly challenge: string; readonly state: string } {
  const challenge = randomBytes(32).toString('base64url')
  return { challenge, state: sealSecret(secret, JSON.stringify({ challenge, untilMs: nowMs + CHALLENGE_MS, about }), purpose).toString('base64url') }
}

/** The challenge of a state; null when it is not ours, for another purpose, or too old. */
export function readChallenge(secret: Uint8Array, purpose: string, state: string, nowMs: number): Challenge | null {
  try {
    const challenge = Sealed.Parse(JSON.parse(openSecret(secret, Buffer.from(state, 'base64url'), purpose)))
    return challenge.untilMs > nowMs ? challenge : null
  } catch {
    return null // Whatever was wrong with it: it is no challenge of ours.
  }
}

/** What is kept of an answered challenge. */
export const challengeDigest = (challenge: string): string => createHash('sha256').update(challenge).digest('hex')
