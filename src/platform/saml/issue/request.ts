// The identity provider's ear: a request for a sign-in, held to what this provider knows about the service that sends it.
import type { Incoming } from '../binding.ts'
import type { Clock } from '../instant.ts'
import { BINDING, NS } from '../names.ts'
import { receivedMessage } from '../received.ts'
import { refuse, type Refused, settled } from '../refusal.ts'
import { attributeOf, childNamed, childrenNamed, tokenOf } from '../xml.ts'

export interface AuthnRequestExpected extends Clock {
  /** Our own sign-in address. */
  readonly ssoUrl: string
  readonly spEntityId: string
  /** Addresses to which an answer may be sent. An unsigned request must not be able to choose another. */
  readonly acsUrls: readonly string[]
  /** The service's certificates; none when its requests are not signed. */
  readonly certificatesPem: readonly string[]
  readonly mustSign: boolean
}
export interface ReceivedRequest {
  readonly id: string
  readonly acsUrl: string
  readonly relayState: string | null
  readonly nameIdFormat: string | null
  readonly forceAuthn: boolean
  readonly isPassive: boolean
  readonly authnContexts: readonly string[]
  readonly isSigned: boolean
}

/** A request for a sign-in, or why it is refused. */
export function readAuthnRequest(incoming: Incoming, expected: AuthnRequestExpected): { readonly ok: true; readonly request: ReceivedRequest } | Refused {
  return settled(() => {
    const message = receivedMessage(incoming, 'SAMLRequest', 'AuthnRequest', { ...expected, destination: expected.ssoUrl, senderEntityId: expected.spEntityId }, expected.mustSign)
    const { root, id, relayState, isSigned } = message
    const acsUrl = attributeOf(root, 'AssertionConsumerServiceURL') ?? expected.acsUrls.at(0) ?? ''
    if (!expected.acsUrls.includes(acsUrl)) refuse('wrong_recipient', `an answer to ${acsUrl}`)
    if ((attributeOf(root, 'ProtocolBinding') ?? BINDING.post) !== BINDING.post) refuse('malformed_message', 'an answer by another way than POST')
    const policy = childNamed(root, NS.samlp, 'NameIDPolicy')
    const wanted = childNamed(root, NS.samlp, 'RequestedAuthnContext')
    const authnContexts = wanted === null ? [] : childrenNamed(wanted, NS.saml, 'AuthnContextClassRef').map(tokenOf)
    const isTrue = (name: string): boolean => ['true', '1'].includes(attributeOf(root, name) ?? '')
    const nameIdFormat = policy === null ? null : attributeOf(policy, 'Format')
    return { ok: true, request: { id, acsUrl, relayState, nameIdFormat, forceAuthn: isTrue('ForceAuthn'), isPassive: isTrue('IsPassive'), authnContexts, isSigned } }
  })
}
