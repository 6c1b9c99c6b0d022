// Signing in to the platform: by a passkey and by nothing else. Whoever is not let in learns nothing; the code goes to the log.
import { newId } from '../../../kernel/ids.ts'
import { keyDigest, newKey } from '../../../platform/crypto/keys.ts'
import { redirect, type PageAnswer, type PageRequest } from '../../../platform/http/page.ts'
import { newChallenge, readChallenge } from '../../../platform/webauthn/challenges.ts'
import { claimedBy, PasskeyRefused, requestOptions, siteOf, verifyUsed } from '../../../platform/webauthn/passkeys.ts'
import { createAuthenticate } from '../authenticate.ts'
import { callPlatform } from '../operators.ts'
import type { IdentityParts } from '../parts.ts'
import { handleOf } from '../passkeys/register.ts'
import { answerOf } from '../passkeys/sign-in.ts'
import { staffOf, type Errand } from '../support/desk.ts'
import { bytea, takeStaffChallenge } from './enrol.ts'
import * as store from './store.ts'
import { refusedPage, signInPage } from './views.ts'

const PURPOSE = 'staff sign-in'
const SESSION_SECONDS = 8 * 3600

export async function askStaff(parts: IdentityParts): Promise<PageAnswer> {
  const { challenge, state } = newChallenge(parts.secret, PURPOSE, {}, parts.nowMs())
  return signInPage({ options: await requestOptions(siteOf(parts.origin()), challenge), state }, parts.origin())
}

export async function signInStaff(parts: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const { database } = parts
  const token = newKey('s')
  try {
    const question = readChallenge(parts.secret, PURPOSE, request.form.get('state') ?? '', parts.nowMs())
    if (question === null || !(await takeStaffChallenge(parts, question))) throw new PasskeyRefused('challenge_used', 'The question is too old or was answered already.')
    const answer = answerOf(request)
    const claimed = claimedBy(answer)
    const [passkey] = await callPlatform(database, 'a person of the platform signs in', store.credentialOf, [bytea(claimed.toString('hex'))])
    if (passkey === undefined) throw new PasskeyRefused('unknown_passkey', 'Nobody of the platform has this passkey.')
    const now = await verifyUsed(siteOf(parts.origin()), question.challenge, answer, { credential: claimed, publicKey: passkey.publicKey, counter: passkey.counter, handle: handleOf(passkey.staffId) })
    const opened = await callPlatform(database, 'a person of the platform signs in', store.openSession, [
      passkey.id, now.counter, now.isBackedUp, newId(), bytea(keyDigest(token)), request.requestId, request.address.slice(0, 60), request.userAgent.slice(0, 300),
    ])
    if (opened.length === 0) throw new PasskeyRefused('counter_went_back', 'Somebody used this passkey at the same time.')
  } catch (error) {
    if (error instanceof PasskeyRefused) return refusedPage(request.requestId)
    throw error
  }
  return redirect('/platform', [{ name: 'staff', value: token, maxAgeSeconds: SESSION_SECONDS }])
}

/** The person of the platform behind the cookie of a page; null for everybody else. */
export async function errandOf(parts: IdentityParts, request: PageRequest): Promise<Errand | null> {
  const token = request.cookie('staff')
  if (token === null) return null
  const principal = await createAuthenticate(parts.database, parts)({ token, remoteAddress: request.address })
  if (principal === null || !principal.permissions.has('platform:write')) return null
  return { staff: staffOf(principal), requestId: request.requestId, address: request.address, userAgent: request.userAgent }
}

export async function signOutStaff(parts: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const errand = await errandOf(parts, request)
  if (errand !== null) await callPlatform(parts.database, 'a person of the platform signs out', store.endSession, [errand.staff.sessionId, errand.requestId])
  return redirect('/platform/sign-in', [{ name: 'staff', value: '' }])
}
