// The demo's SAML provider: reads the signed request, asks who you are, answers with a signed and encrypted assertion.
import { newId } from '../../kernel/ids.ts'
import { createLogoutResponse, readLogoutRequest, type Incoming, type Signing } from '../../platform/saml/index.ts'
import { idpMetadata, issueResponse, readAuthnRequest } from '../../platform/saml/issue/index.ts'
import { choicePage, errorPage, postPage } from './pages.ts'
import type { DemoCompany } from './people.ts'

/** What this provider knows of the service. */
export interface ServiceOfSaml {
  readonly entityId: string
  readonly acsUrl: string
  readonly sloUrl: string
  readonly certificatePem: string
}
export interface Shown {
  readonly status: number
  readonly html?: string
  readonly location?: string
  readonly xml?: string
}

const PERSISTENT = 'urn:oasis:names:tc:SAML:1.1:nameid-format:persistent'
const fresh = (): string => `_${newId()}`

export function createDemoSaml(origin: string, company: DemoCompany, signing: Signing, service: () => ServiceOfSaml | null) {
  const addresses = { entityId: `${origin}/saml/metadata`, ssoUrl: `${origin}/saml/sso`, sloUrl: `${origin}/saml/slo` }
  const notReady: Shown = { status: 503, html: errorPage('Nobody has told this provider about Blue Ship Sync yet.') }
  const requestIn = (incoming: Incoming, known: ServiceOfSaml) =>
    readAuthnRequest(incoming, { ssoUrl: addresses.ssoUrl, spEntityId: known.entityId, acsUrls: [known.acsUrl], certificatesPem: [known.certificatePem], mustSign: true, nowMs: Date.now() })
  return {
    metadata: (): Shown => ({ status: 200, xml: idpMetadata({ ...addresses, certificatesPem: [signing.certificatePem], wantsSignedRequests: true }) }),
    /** A request arrives: who are you? The request itself travels along, so that nothing need be kept here. */
    ask: (query: string): Shown => {
      const known = service()
      if (known === null) return notReady
      const read = requestIn({ binding: 'redirect', query }, known)
      return read.ok ? { status: 200, html: choicePage(company, '/saml/choose', { query }) } : { status: 400, html: errorPage(`The request was refused: ${read.code}.`) }
    },
    answer: (query: string, subject: string): Shown => {
      const known = service()
      if (known === null) return notReady
      const read = requestIn({ binding: 'redirect', query }, known)
      const person = company.people.find((each) => each.subject === subject)
      if (!read.ok || person === undefined) return { status: 400, html: errorPage(read.ok ? 'There is no such person.' : `The request was refused: ${read.code}.`) }
      const going = issueResponse({
        id: fresh(), assertionId: fresh(), sessionIndex: fresh(), nowMs: Date.now(), idpEntityId: addresses.entityId, acsUrl: read.request.acsUrl, inResponseTo: read.request.id, relayState: read.request.relayState,
        signing, spEntityId: known.entityId, nameId: { value: person.subject, format: PERSISTENT, nameQualifier: null, spNameQualifier: null },
        attributes: { email: [person.email], displayName: [person.name] }, sign: 'both', encryptForPem: known.certificatePem,
      })
      return going.binding === 'post' ? { status: 200, html: postPage(going.action, going.fields) } : { status: 303, location: going.url }
    },
    signOut: (query: string): Shown => {
      const known = service()
      if (known === null) return notReady
      const read = readLogoutRequest({ binding: 'redirect', query }, { destination: addresses.sloUrl, senderEntityId: known.entityId, certificatesPem: [known.certificatePem], nowMs: Date.now() })
      if (!read.ok) return { status: 400, html: errorPage(`The request was refused: ${read.code}.`) }
      const going = createLogoutResponse({ id: fresh(), issueInstant: Date.now(), destination: known.sloUrl, issuer: addresses.entityId, relayState: read.request.relayState, signing, binding: 'redirect', inResponseTo: read.request.id, outcome: 'success' })
      return going.binding === 'redirect' ? { status: 303, location: going.url } : { status: 500 }
    },
  }
}
export type DemoSaml = ReturnType<typeof createDemoSaml>
