import { keyDescriptor } from '../metadata.ts'
import { BINDING, NS } from '../names.ts'
import { element } from '../write.ts'

export interface OwnIdpMetadata {
  readonly entityId: string
  readonly ssoUrl: string
  readonly sloUrl: string | null
  readonly certificatesPem: readonly string[]
  readonly wantsSignedRequests: boolean
}

/** The metadata of the demo's identity provider. */
export function idpMetadata(idp: OwnIdpMetadata): string {
  const both = (name: string, url: string | null) => (url === null ? [] : [BINDING.redirect, BINDING.post].map((binding) => element(name, { Binding: binding, Location: url })))
  const root = element(
    'md:EntityDescriptor',
    { 'xmlns:md': NS.md, 'xmlns:ds': NS.ds, entityID: idp.entityId },
    element(
      'md:IDPSSODescriptor',
      { protocolSupportEnumeration: NS.samlp, WantAuthnRequestsSigned: String(idp.wantsSignedRequests) },
      ...idp.certificatesPem.map((pem) => keyDescriptor('signing', pem)),
      ...both('md:SingleLogoutService', idp.sloUrl),
      ...both('md:SingleSignOnService', idp.ssoUrl),
    ),
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}`
}
