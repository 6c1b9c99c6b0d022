// People of the platform begin with a link that the installation's command line prints: whoever could make one over HTTP with a single
// key would be two people at once.
import { newId } from '../../../kernel/ids.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { keyDigest, newKey } from '../../../platform/crypto/keys.ts'
import type { Database } from '../../../platform/db/database.ts'
import type { PageRequest } from '../../../platform/http/page.ts'
import { challengeDigest, newChallenge, readChallenge } from '../../../platform/webauthn/challenges.ts'
import { creationOptions, PasskeyRefused, siteOf, verifyCreated } from '../../../platform/webauthn/passkeys.ts'
import { callPlatform } from '../operators.ts'
import type { IdentityParts } from '../parts.ts'
import { handleOf } from '../passkeys/register.ts'
import * as store from './store.ts'

const PURPOSE = 'staff registration'
export const bytea = (hex: string): string => `\\x${hex}`
const STAFF_NAME = /^[a-z][a-z0-9.-]{1,39}$/

/** Makes a person of the platform, or another link for one; the secret is behind the # and is shown this once. */
export async function createStaffLink(database: Database, origin: string, name: string): Promise<{ readonly url: string; readonly expiresAt: string }> {
  if (!STAFF_NAME.test(name)) throw new Problem('invalid', 'A person of the platform has a name of 2 to 40 small letters, digits, dots and hyphens that begins with a letter.')
  const secret = newKey('s')
  const [made] = await callPlatform(database, 'a person of the platform is enrolled', store.enrol, [newId(), name, bytea(keyDigest(secret))])
  if (made === undefined) throw new Problem('internal', 'The link was not made.')
  return { url: `${origin}/platform/enrol#${secret}`, expiresAt: made.expiresAt }
}

/** Ends all sessions of a person of the platform, in organizations too, and every way to new ones. */
export async function deactivateStaff(database: Database, name: string): Promise<void> {
  if ((await callPlatform(database, 'a person of the platform is deactivated', store.deactivate, [name])).length === 0) throw notFound('person of the platform')
}

export interface StaffQuestion {
  readonly options: unknown
  readonly state: string
  readonly name: string
}
/** Null for every link that does not work. */
export async function beginEnrolment(parts: IdentityParts, secret: string): Promise<StaffQuestion | null> {
  const digest = keyDigest(secret)
  const [person] = await callPlatform(parts.database, 'a link is looked at', store.ofEnrolment, [bytea(digest)])
  if (person === undefined) return null
  const { challenge, state } = newChallenge(parts.secret, PURPOSE, { link: digest }, parts.nowMs())
  return { name: person.name, state, options: await creationOptions(siteOf(parts.origin()), challenge, { handle: handleOf(person.id), name: person.name, displayName: `${person.name} · platform`, known: [] }) }
}

/** False when the link works no more; an answer that is not accepted is a Problem. */
export async function finishEnrolment(parts: IdentityParts, { form, requestId }: PageRequest, answer: unknown): Promise<boolean> {
  const link = keyDigest(form.get('secret') ?? '')
  const question = readChallenge(parts.secret, PURPOSE, form.get('state') ?? '', parts.nowMs())
  if (question === null || question.about['link'] !== link || !(await takeStaffChallenge(parts, question))) throw new Problem('invalid', 'The question is too old or was answered already. Open the link again.')
  try {
    const made = await verifyCreated(siteOf(parts.origin()), question.challenge, answer)
    const rows = await callPlatform(parts.database, 'a person of the platform registers a passkey', store.registerCredential, [
      bytea(link), requestId, newId(), bytea(made.credential.toString('hex')), bytea(made.publicKey.toString('hex')), made.counter, made.canBeBackedUp, made.isBackedUp,
    ])
    return rows.length > 0
  } catch (error) {
    if (error instanceof PasskeyRefused) throw new Problem('invalid', 'The passkey was not registered.', { errors: [{ pointer: '/answer', code: error.code, message: error.message }] })
    throw error
  }
}

export async function takeStaffChallenge(parts: IdentityParts, { challenge, untilMs }: { challenge: string; untilMs: number }): Promise<boolean> {
  const [taken] = await callPlatform(parts.database, 'a question is answered', store.takeChallenge, [bytea(challengeDigest(challenge)), new Date(untilMs).toISOString()])
  return taken?.isTaken === true
}
