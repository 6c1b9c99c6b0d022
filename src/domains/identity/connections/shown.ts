// A connection as it is shown: without its secrets, with what the other side must be told.
import { certificateFacts } from '../../../platform/saml/index.ts'
import { oidcAddresses, samlAddresses } from './addresses.ts'
import type { Connection, ServiceProvider } from './contract.ts'
import type { ConnectionRow } from './store.ts'

const NONE: ServiceProvider = { redirectUri: null, backchannelLogoutUri: null, jwksUri: null, entityId: null, acsUrl: null, sloUrl: null }

export function shownConnection(origin: string, row: ConnectionRow): Connection {
  const { settings, secret, ...rest } = row
  const pinned = settings.saml?.certificates ?? []
  return {
    ...rest,
    oidc: settings.oidc ?? null,
    saml: settings.saml ?? null,
    hasSecret: secret !== null,
    certificates: [...pinned.map((pem) => certificate(pem, true)), ...(settings.newCertificates ?? []).map((pem) => certificate(pem, false))],
    serviceProvider: serviceProviderOf(origin, row),
  }
}

const certificate = (pem: string, isPinned: boolean): Connection['certificates'][number] => {
  const facts = certificateFacts(pem)
  return { sha256: facts?.sha256 ?? '', expiresAt: new Date(facts?.notAfterMs ?? 0).toISOString(), isPinned }
}

function serviceProviderOf(origin: string, { id, kind, settings }: ConnectionRow): ServiceProvider {
  if (kind === 'saml') return { ...NONE, ...samlAddresses(origin, id) }
  const { jwksUri, ...addresses } = oidcAddresses(origin, id)
  return { ...NONE, ...addresses, jwksUri: settings.oidc?.clientAuth === 'private_key_jwt' ? jwksUri : null }
}
