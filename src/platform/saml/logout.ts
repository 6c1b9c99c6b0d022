// Single logout. An unsigned request would let any page in the world end somebody's session, so both directions are signed.
import { checkInResponseTo, readNameId } from './assertion.ts'
import { type Incoming, type Outgoing, send } from './binding.ts'
import { instantOf, instantText, refusePast } from './instant.ts'
import { type NameId, NS, STATUS } from './names.ts'
import { type MessageExpected, receivedMessage } from './received.ts'
import { type Refused, settled } from './refusal.ts'
import { checkStatus } from './response.ts'
import type { Signing } from './sign.ts'
import { allNamed, attributeOf, childrenNamed, tokenOf } from './xml.ts'
import { element, type Written } from './write.ts'

interface LogoutMessage {
  readonly id: string
  readonly issueInstant: number
  readonly destination: string
  /** Our own entity. */
  readonly issuer: string
  readonly relayState: string | null
  readonly signing: Signing
  readonly binding: 'redirect' | 'post'
}
export interface LogoutRequest extends LogoutMessage {
  readonly nameId: NameId
  /** The sessions to end; none means all sessions of this person. */
  readonly sessionIndexes: readonly string[]
  readonly notOnOrAfter?: number | undefined
}
export interface LogoutResponse extends LogoutMessage {
  readonly inResponseTo: string
  readonly outcome: 'success' | 'partial' | 'failed'
}
export interface ReadLogoutRequest {
  readonly ok: true
  readonly request: { readonly id: string; readonly nameId: NameId; readonly sessionIndexes: readonly string[]; readonly relayState: string | null }
}
export interface ReadLogoutResponse {
  readonly ok: true
  readonly response: { readonly id: string; readonly isPartial: boolean; readonly relayState: string | null }
}

/** Asks the other side to end a session. */
export function createLogoutRequest(request: LogoutRequest): Outgoing {
  const { nameId } = request
  const end = request.notOnOrAfter === undefined ? null : instantText(request.notOnOrAfter)
  const root = element(
    'samlp:LogoutRequest',
    { ...headOf(request), NotOnOrAfter: end },
    element('saml:Issuer', {}, request.issuer),
    nameIdElement(nameId),
    ...request.sessionIndexes.map((index) => element('samlp:SessionIndex', {}, index)),
  )
  return send({ ...request, name: 'SAMLRequest', xml: root.xml })
}

/** Tells the other side what became of its request. */
export function createLogoutResponse(response: LogoutResponse): Outgoing {
  const code = response.outcome === 'failed' ? element('samlp:StatusCode', { Value: STATUS.responder }) : element('samlp:StatusCode', { Value: STATUS.success }, response.outcome === 'partial' ? element('samlp:StatusCode', { Value: STATUS.partialLogout }) : null)
  const root = element('samlp:LogoutResponse', { ...headOf(response), InResponseTo: response.inResponseTo }, element('saml:Issuer', {}, response.issuer), element('samlp:Status', {}, code))
  return send({ ...response, name: 'SAMLResponse', xml: root.xml })
}

const headOf = (message: LogoutMessage): Record<string, string> => ({
  'xmlns:samlp': NS.samlp, 'xmlns:saml': NS.saml, ID: message.id, Version: '2.0', IssueInstant: instantText(message.issueInstant), Destination: message.destination,
})

/** The whole NameID as an element. */
export const nameIdElement = (nameId: NameId): Written =>
  element('saml:NameID', { Format: nameId.format, NameQualifier: nameId.nameQualifier, SPNameQualifier: nameId.spNameQualifier }, nameId.value)

/** A signed request to end a session. Its ID should be remembered for ten minutes: a second one is a replay. */
export function readLogoutRequest(incoming: Incoming, expected: MessageExpected): ReadLogoutRequest | Refused {
  return settled(() => {
    const { root, id, relayState } = receivedMessage(incoming, 'SAMLRequest', 'LogoutRequest', expected, true)
    const end = attributeOf(root, 'NotOnOrAfter')
    if (end !== null) refusePast(instantOf(end, 'NotOnOrAfter'), 'LogoutRequest', expected)
    return { ok: true, request: { id, nameId: readNameId(root), sessionIndexes: childrenNamed(root, NS.samlp, 'SessionIndex').map(tokenOf), relayState } }
  })
}

/** The signed answer to our request to end a session. */
export function readLogoutResponse(incoming: Incoming, expected: MessageExpected & { readonly inResponseTo: string }): ReadLogoutResponse | Refused {
  return settled(() => {
    const { root, id, relayState } = receivedMessage(incoming, 'SAMLResponse', 'LogoutResponse', expected, true)
    checkInResponseTo(root, expected.inResponseTo)
    checkStatus(root)
    const isPartial = allNamed(root, 'StatusCode').some((each) => attributeOf(each, 'Value') === STATUS.partialLogout)
    return { ok: true, response: { id, isPartial, relayState } }
  })
}
