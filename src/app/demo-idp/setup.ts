// Sets up the demo's sign-in the way an administrator would: connection, domain, directory, a real test sign-in, and only then
// activation. Everything goes through the API and through the real redirects.
import { connectionsApi } from '../../domains/identity/connections/contract.ts'
import { domainsApi } from '../../domains/identity/domains/contract.ts'
import { clientOf, fetchSender } from '../../kernel/client.ts'
import type { DemoCompany } from './people.ts'
import type { ServiceOfSaml } from './saml.ts'
import { Visitor } from './visitor.ts'
import type { Connection } from '../../domains/identity/connections/contract.ts'

export interface SetupOptions {
  readonly url: string
  /** A key of a Tenant Admin. */
  readonly adminKey: string
  readonly company: DemoCompany
  readonly providerOrigin: string
  readonly client: { readonly clientId: string; readonly clientSecret: string }
  /** Tells the provider about the connection, before it is tried. */
  readonly introduce: (connection: Connection) => Promise<void> | void
  /** Puts a TXT record into the demo's own zone. */
  readonly publish: (name: string, value: string) => void
}

/** The connection, tried and active. Throws with the reason when the test sign-in is refused. */
export async function setUpSignIn(options: SetupOptions): Promise<Connection> {
  const { url, adminKey, company, providerOrigin } = options
  const sender = fetchSender({ baseUrl: url, token: adminKey })
  const connections = clientOf(connectionsApi, sender)
  const domains = clientOf(domainsApi, sender)
  const name = `${company.name} sign-in`
  const connection = await connections.createConnection({
    body: company.protocol === 'oidc'
      ? { name, kind: 'oidc', oidc: { issuer: providerOrigin, clientId: options.client.clientId, clientAuth: 'client_secret_basic', scopes: ['openid', 'profile', 'email'] }, clientSecret: options.client.clientSecret }
      : { name, kind: 'saml', metadataXml: await (await fetch(`${providerOrigin}/saml/metadata`)).text() },
  })
  const domain = await domains.addDomain({ body: { name: company.domain, connectionId: connection.id } })
  options.publish(domain.record.name, domain.record.value)
  await domains.verifyDomain({ params: { domainId: domain.id } })
  await options.introduce(connection)
  const { url: address } = await connections.testConnection({ params: { connectionId: connection.id } })
  const visitor = new Visitor()
  const choice = await visitor.go(address)
  const chosen = await visitor.submit(choice, { person: company.people[0]?.subject ?? '' })
  const end = company.protocol === 'saml' ? await visitor.submit(chosen) : chosen
  if (!end.html.includes('The test sign-in worked')) throw new Error(`The demo's test sign-in of ${company.name} was refused: ${/<strong>(.*?)<\/strong>/.exec(end.html)?.[1] ?? end.status}.`)
  return connections.activateConnection({ params: { connectionId: connection.id } })
}

/** What a SAML provider must know of us, read from our metadata as its administrator would. */
export async function serviceOf({ serviceProvider }: Connection): Promise<ServiceOfSaml> {
  const { entityId, acsUrl, sloUrl } = serviceProvider
  const metadata = await (await fetch(entityId ?? '')).text()
  const certificate = /<ds:X509Certificate>([^<]+)</.exec(metadata)?.[1]?.replaceAll(/\s+/g, '') ?? ''
  return { entityId: entityId ?? '', acsUrl: acsUrl ?? '', sloUrl: sloUrl ?? '', certificatePem: `-----BEGIN CERTIFICATE-----\n${certificate.replaceAll(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n` }
}
