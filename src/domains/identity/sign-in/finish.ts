// The end of every way in: an account, a session, a cookie. Or a test's report, or a fresh proof for the session one has.
import { newKey, keyDigest } from '../../../platform/crypto/keys.ts'
import { redirect, type PageAnswer } from '../../../platform/http/page.ts'
import { saveTest } from '../connections/store.ts'
import { admit } from './admit.ts'
import { Refusal, type Verified } from './facts.ts'
import { sealIdToken } from './id-token.ts'
import * as store from './store.ts'
import type { Login } from './store.ts'
import { tested, type Visit } from './visit.ts'

/** Lets in whom the provider has proved; throws a Refusal. The ID token is no part of what is verified, because that is shown in the report of a test. */
export async function finish(visit: Visit, login: Login, verified: Verified, idToken: string | null = null): Promise<PageAnswer> {
  if (login.purpose === 'test') return finishTest(visit, login, verified)
  if (visit.connection.status !== 'active' && visit.connection.status !== 'enforced') throw new Refusal('connection_closed', `The connection is ${visit.connection.status}.`, verified.subject)
  return login.purpose === 'step_up' ? stepUp(visit, login, verified, idToken) : signIn(visit, login, verified, idToken)
}

async function signIn(visit: Visit, login: Login, verified: Verified, idToken: string | null): Promise<PageAnswer> {
  const { connection, request } = visit
  // Always a new one: whatever cookie the browser came with opens nothing afterwards.
  const token = newKey('s')
  await visit.write(async (tx) => {
    if (await store.isShutByAnother(tx, connection.id)) throw new Refusal('connection_not_enforced', 'Another connection is enforced, and people come in by that one only.', verified.subject)
    const person = await admit(tx, connection, verified)
    await store.insertPersonSession(tx, {
      userId: person.id, connectionId: connection.id, verified, digest: keyDigest(token), address: request.address, userAgent: request.userAgent,
      idleSeconds: connection.idleMinutes * 60, hours: connection.sessionHours, sealedIdToken: (id) => sealIdToken(visit, id, idToken),
    })
    await store.saveAttempt(tx, { ...attemptOf(visit, verified), purpose: 'sign_in', userId: person.id })
  })
  return redirect(login.returnTo, [{ name: 'session', value: token, maxAgeSeconds: connection.sessionHours * 3600 }, { name: 'sign_in', value: '' }])
}

async function stepUp(visit: Visit, login: Login, verified: Verified, idToken: string | null): Promise<PageAnswer> {
  const { caller } = visit.request
  const sessionId = caller?.session?.id
  await visit.write(async (tx) => {
    const person = await admit(tx, visit.connection, verified)
    // The session of this browser, and the person it belongs to: a proof of somebody else's renews nothing.
    if (sessionId === undefined || caller?.organizationId !== visit.organizationId || login.userId !== person.id || !(await store.renewSession(tx, sessionId, person.id, verified, sealIdToken(visit, sessionId, idToken)))) {
      throw new Refusal('wrong_person', 'Somebody else came back than the one who is signed in.', verified.subject)
    }
    await store.saveAttempt(tx, { ...attemptOf(visit, verified), purpose: 'step_up', userId: person.id })
  })
  return redirect(login.returnTo, [{ name: 'sign_in', value: '' }])
}

async function finishTest(visit: Visit, login: Login, verified: Verified): Promise<PageAnswer> {
  await visit.write(async (tx) => {
    const tester = login.expected['testedBy']
    await saveTest(tx, visit.connection.id, typeof tester === 'string' ? tester : visit.ctx.facts.actor.id)
    await store.saveAttempt(tx, { ...attemptOf(visit, verified), purpose: 'test', userId: null })
  })
  return tested(visit, login, 'ok', '', { ...verified, authenticatedAt: new Date(verified.authenticatedAtMs).toISOString() })
}

const attemptOf = ({ request, connection }: Visit, { subject }: Verified) => ({
  connectionId: connection.id, outcome: 'ok', detail: '', subject, address: request.address, userAgent: request.userAgent, requestId: request.requestId,
})
