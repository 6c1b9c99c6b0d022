import { type Outgoing, send } from './binding.ts'
import { instantText } from './instant.ts'
import { BINDING, NS } from './names.ts'
import type { Signing } from './sign.ts'
import { element } from './write.ts'

export interface AuthnRequest {
  /** Starts with a letter or `_`; the caller binds it to the browser and expects it back as InResponseTo. */
  readonly id: string
  readonly issueInstant: number
  readonly destination: string
  readonly acsUrl: string
  readonly spEntityId: string
  readonly nameIdFormat?: string | null | undefined
  readonly requestedAuthnContext?: readonly string[] | undefined
  readonly forceAuthn?: boolean | undefined
  readonly relayState: string | null
  readonly signing: Signing | null
  readonly binding: 'redirect' | 'post'
}

/** A request for a sign-in, as a URL or as a form. */
export function createAuthnRequest(request: AuthnRequest): Outgoing {
  const contexts = request.requestedAuthnContext ?? []
  const { xml } = element(
    'samlp:AuthnRequest',
    {
      'xmlns:samlp': NS.samlp, 'xmlns:saml': NS.saml, ID: request.id, Version: '2.0', IssueInstant: instantText(request.issueInstant), Destination: request.destination,
      AssertionConsumerServiceURL: request.acsUrl, ProtocolBinding: BINDING.post, ForceAuthn: request.forceAuthn === true ? 'true' : null,
    },
    element('saml:Issuer', {}, request.spEntityId),
    element('samlp:NameIDPolicy', { Format: request.nameIdFormat ?? null, AllowCreate: 'true' }),
    contexts.length === 0 ? null : element('samlp:RequestedAuthnContext', { Comparison: 'exact' }, ...contexts.map((context) => element('saml:AuthnContextClassRef', {}, context))),
  )
  return send({ name: 'SAMLRequest', xml, destination: request.destination, binding: request.binding, relayState: request.relayState, signing: request.signing })
}
