// Making a passkey: for whoever is signed in and has proved it of late, or by a link that another administrator has made.
import { needRecentProof, ROLES, type Facts } from '../../../kernel/access.ts'
import { idOf, type UserId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import { challengeDigest, newChallenge, readChallenge } from '../../../platform/webauthn/challenges.ts'
import { creationOptions, PasskeyRefused, siteOf, verifyCreated } from '../../../platform/webauthn/passkeys.ts'
import type { IdentityParts } from '../parts.ts'
import { beyondGrant } from '../rules.ts'
import type { Passkey } from './contract.ts'
import * as store from './store.ts'
import type { Owner, PasskeyTx } from './store.ts'

const PURPOSE = 'passkey registration'
/** An authenticator's answer, as a form or a body carries it. */
export interface Answered {
  readonly name: string
  readonly state: string
  readonly answer: unknown
}
/** By which link, when nobody is signed in. */
type LinkId = string | null

/** The person behind a request, who may make passkeys for himself; refuses keys, sessions of support, and a proof that is too old. */
export function personOfFacts({ actor, session }: Pick<Facts, 'actor' | 'session'>, nowMs: number): UserId {
  if (actor.kind !== 'user' || session?.kind !== 'person') throw new Problem('conflict', 'A passkey belongs to a person. Sign in as one; a key cannot have any.')
  needRecentProof(session, nowMs)
  return idOf<'User'>(actor.id)
}

/** What an authenticator keeps of its owner: the id and no personal data. */
export const handleOf = (userId: string): Buffer => Buffer.from(userId.replaceAll('-', ''), 'hex')

function refuseOthers(owner: Owner): void {
  if (!owner.mayRecover) throw new Problem('conflict', 'Passkeys are for active Tenant Admins at every site. Everybody else signs in by the organization\'s provider.')
}

export async function beginRegistration(tx: PasskeyTx, parts: IdentityParts, userId: UserId, link: LinkId = null): Promise<{ options: unknown; state: string }> {
  const owner = await store.getOwner(tx, userId)
  refuseOthers(owner)
  const { challenge, state } = newChallenge(parts.secret, PURPOSE, { organization: tx.organizationId, user: userId, link: link ?? '' }, parts.nowMs())
  const options = await creationOptions(siteOf(parts.origin()), challenge, {
    handle: handleOf(userId), name: owner.userName, displayName: `${owner.displayName} · ${owner.organization}`, known: owner.known.map((hex) => Buffer.from(hex, 'hex')),
  })
  return { options, state }
}

export async function finishRegistration(tx: PasskeyTx, parts: IdentityParts, userId: UserId, { name, state, answer }: Answered, link: LinkId = null): Promise<Passkey> {
  const question = readChallenge(parts.secret, PURPOSE, state, parts.nowMs())
  const { organization, user, link: byLink } = question?.about ?? {}
  if (question === null || organization !== tx.organizationId || user !== userId || byLink !== (link ?? '') || !(await store.takeChallenge(tx, challengeDigest(question.challenge), question.untilMs))) {
    throw refusedAnswer('/state', 'state', 'The question is too old, was answered already, or was for somebody else. Ask again.')
  }
  if (link !== null && (await store.useLink(tx, link)) === null) throw new Problem('conflict', 'This link was used already or has expired. Ask for another one.')
  refuseOthers(await store.getOwner(tx, userId))
  try {
    return await store.insertPasskey(tx, userId, name, await verifyCreated(siteOf(parts.origin()), question.challenge, answer))
  } catch (error) {
    if (error instanceof PasskeyRefused) throw refusedAnswer('/answer', error.code, error.message)
    throw error
  }
}
const refusedAnswer = (pointer: string, code: string, message: string): Problem => new Problem('invalid', 'The passkey was not registered.', { errors: [{ pointer, code, message }] })

/** A link is as good as an administrator's sign-in, so whoever makes one holds all that it opens, and has shown it of late. */
export async function createEnrolmentLink(tx: PasskeyTx, facts: Facts, userId: UserId, digest: string, nowMs: number): Promise<{ readonly slug: string; readonly userId: UserId; readonly expiresAt: string }> {
  needRecentProof(facts.session, nowMs)
  const { permissions, fieldClasses } = ROLES.tenant_admin
  const beyond = beyondGrant(facts, { permissions, fieldClasses, sites: null })
  if (beyond.length > 0) throw new Problem('forbidden', `You cannot open a way in that allows more than you may: ${beyond.join(', ')}.`)
  const owner = await store.getOwner(tx, userId)
  if (facts.actor.kind === 'user' && idOf<'User'>(facts.actor.id) === userId) throw new Problem('conflict', 'Another administrator makes this link for you. Signed in, you register a passkey without one.')
  refuseOthers(owner)
  if (!owner.isManual || owner.hasProvider) throw new Problem('conflict', 'This person signs in by a provider and registers a passkey after that; links are for people who were made by hand and have none.')
  return { slug: owner.slug, ...(await store.createLink(tx, userId, digest)) }
}

/** So many recovery administrators stay while a connection is enforced: a provider that fails must not lock everybody out. */
const RESCUERS_MIN = 2
export async function removePasskey(tx: PasskeyTx, id: Passkey['id']): Promise<Passkey> {
  const passkey = await store.lockPasskey(tx, id)
  const before = await store.rescuers(tx)
  await store.removePasskey(tx, passkey)
  const after = await store.rescuers(tx)
  if (after.isEnforced && after.admins < before.admins && after.admins < RESCUERS_MIN) {
    throw new Problem('conflict', 'While a connection is enforced, two Tenant Admins keep a passkey. Register another one first, or relax the connection.')
  }
  return passkey
}
