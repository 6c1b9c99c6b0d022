// Signing in by a passkey. The organization is known before anything is looked up: there is no look-up of people across organizations.
// Everybody who is not let in sees the same, and the organization's log has the exact code.
import { keyDigest, newKey } from '../../../platform/crypto/keys.ts'
import { idOf, isUuid } from '../../../kernel/ids.ts'
import { redirect, type PageAnswer, type PageRequest } from '../../../platform/http/page.ts'
import { challengeDigest, newChallenge, readChallenge } from '../../../platform/webauthn/challenges.ts'
import { claimedBy, PasskeyRefused, requestOptions, siteOf, verifyUsed } from '../../../platform/webauthn/passkeys.ts'
import type { IdentityParts } from '../parts.ts'
import { saveAttempt, type SignInTx } from '../sign-in/store.ts'
import { refused, signInContext } from '../sign-in/visit.ts'
import { handleOf } from './register.ts'
import * as store from './store.ts'
import { askPage, usePage } from './views.ts'

const PURPOSE = 'passkey sign-in'
export const SESSION_SECONDS = 12 * 3600

export async function askForPasskey(parts: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const slug = request.query.get('org')?.trim().toLowerCase() ?? ''
  if (!/^[a-z][a-z0-9-]{1,39}$/.test(slug)) return askPage(slug)
  // An organization that nobody has is asked for a passkey like any other; only its answer opens nothing.
  const organizationId = await parts.database.homeOf({ slug })
  const { challenge, state } = newChallenge(parts.secret, PURPOSE, { organization: organizationId ?? 'none' }, parts.nowMs())
  return usePage({ slug, state, options: await requestOptions(siteOf(parts.origin()), challenge), origin: parts.origin() })
}

export async function signInByPasskey(parts: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const question = readChallenge(parts.secret, PURPOSE, request.form.get('state') ?? '', parts.nowMs())
  const home = question?.about['organization'] ?? 'none'
  if (question === null || !isUuid(home)) return refused(request.requestId)
  const ctx = signInContext(idOf<'Organization'>(home), request.requestId)
  const inside = <T>(work: (tx: SignInTx) => Promise<T>): Promise<T> => parts.database.housekeep(ctx, work)
  const line = { connectionId: null, purpose: 'passkey', subject: null, address: request.address, userAgent: request.userAgent, requestId: request.requestId } as const
  const token = newKey('s')
  try {
    // In a transaction of its own: a question that got a wrong answer is not asked again.
    if (!(await inside((tx) => store.takeChallenge(tx, challengeDigest(question.challenge), question.untilMs)))) throw new PasskeyRefused('challenge_used', 'The question was answered already.')
    const answer = answerOf(request)
    const claimed = claimedBy(answer)
    await inside(async (tx) => {
      const passkey = await store.findPasskey(tx, claimed)
      if (passkey === null) throw new PasskeyRefused('unknown_passkey', 'No passkey of this organization has this id.')
      const now = await verifyUsed(siteOf(parts.origin()), question.challenge, answer, { ...passkey, handle: handleOf(passkey.userId) })
      if (!passkey.mayRecover) throw new PasskeyRefused('no_recovery_admin', 'The owner of this passkey is no active Tenant Admin at every site.')
      await store.openPasskeySession(tx, passkey, now, { digest: keyDigest(token), address: request.address, userAgent: request.userAgent })
      await saveAttempt(tx, { ...line, outcome: 'ok', detail: '', userId: passkey.userId })
    })
  } catch (error) {
    if (!(error instanceof PasskeyRefused)) throw error
    await inside((tx) => saveAttempt(tx, { ...line, outcome: error.code, detail: error.message, userId: null }))
    return refused(request.requestId)
  }
  return redirect('/', [{ name: 'session', value: token, maxAgeSeconds: SESSION_SECONDS }, { name: 'sign_in', value: '' }])
}

/** The authenticator's answer in a form; throws PasskeyRefused. */
export function answerOf({ form }: Pick<PageRequest, 'form'>): unknown {
  try {
    const answer: unknown = JSON.parse(form.get('answer') ?? '')
    return answer
  } catch {
    throw new PasskeyRefused('bad_shape', 'This is no answer of an authenticator.')
  }
}
