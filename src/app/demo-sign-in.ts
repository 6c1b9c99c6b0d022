// Sign-in of the demo: the companies' own providers beside the service, a zone in which their domains are proven, and people who can sign
// in. For this machine only: there are no passwords.
import { connectionsApi, type Connection } from '../domains/identity/connections/contract.ts'
import { domainsApi } from '../domains/identity/domains/contract.ts'
import { clientOf, fetchSender } from '../kernel/client.ts'
import { createTxtResolver } from '../platform/dns/txt.ts'
import type { OutboundOptions } from '../platform/outbound/outbound.ts'
import { announcePeople } from './demo-idp/directory.ts'
import { COMPANIES, type DemoCompany } from './demo-idp/people.ts'
import { startDemoProviders, type DemoProviders } from './demo-idp/server.ts'
import { serviceOf, setUpSignIn } from './demo-idp/setup.ts'
import { newDemoState, readDemoState, saveDemoState, type DemoState } from './demo-idp/state.ts'
import type { DemoOrganization } from './demo.ts'

/** What the service may do for the demo's sake, and nowhere else. */
export const LOCAL_WAYS: OutboundOptions = { allowedNetworks: ['127.0.0.0/8'], plainHttpHosts: ['127.0.0.1'] }

export interface DemoSignIn {
  readonly resolveTxt: (name: string) => Promise<readonly string[]>
  /** Sets up what is not set up yet, and tells the providers where the service is now. */
  prepare(url: string, organizations: readonly DemoOrganization[], onProgress: (step: string) => void): Promise<void>
  stop(): Promise<void>
}

const company = (protocol: DemoCompany['protocol']): DemoCompany => {
  const found = COMPANIES.find((each) => each.protocol === protocol)
  if (found === undefined) throw new Error(`No company of the demo speaks ${protocol}.`)
  return found
}

/** Starts the providers, at the port that connections of an earlier start name. */
export async function openDemoSignIn(dataDir: string, wantedPort: number): Promise<DemoSignIn> {
  const state = readDemoState(dataDir) ?? (await newDemoState())
  const options = { oidcCompany: company('oidc'), samlCompany: company('saml'), oidc: state.oidc, signing: state.signing }
  // The first time any port will do; afterwards only the one that the connections name.
  const providers = state.port === undefined ? await startDemoProviders({ ...options, port: wantedPort }).catch(() => startDemoProviders({ ...options, port: 0 })) : await startDemoProviders({ ...options, port: state.port })
  saveDemoState(dataDir, { ...state, port: providers.port })
  const zone = new Map<string, readonly string[]>()
  const dns = createTxtResolver()
  return {
    resolveTxt: (name) => (name.endsWith('.example') ? Promise.resolve(zone.get(name) ?? []) : dns(name)),
    prepare: async (url, organizations, onProgress) => {
      for (const each of COMPANIES) {
        const organization = organizations.find(({ slug }) => slug === each.slug || slug.startsWith(`${each.slug}-`))
        const adminKey = organization?.keys['tenant_admin']
        if (adminKey !== undefined) await prepareCompany({ url, adminKey, company: each, providers, state, zone, onProgress })
      }
    },
    stop: () => providers.stop(),
  }
}

interface Preparing {
  readonly url: string
  readonly adminKey: string
  readonly company: DemoCompany
  readonly providers: DemoProviders
  readonly state: DemoState
  readonly zone: Map<string, readonly string[]>
  readonly onProgress: (step: string) => void
}

async function prepareCompany({ url, adminKey, company: it, providers, state, zone, onProgress }: Preparing): Promise<void> {
  const sender = fetchSender({ baseUrl: url, token: adminKey })
  const introduce = async (connection: Connection): Promise<void> => {
    const { redirectUri, backchannelLogoutUri } = connection.serviceProvider
    if (it.protocol === 'saml') providers.know(null, await serviceOf(connection))
    else providers.know({ ...state.client, redirectUri: redirectUri ?? '', backchannelLogoutUri: backchannelLogoutUri ?? '', afterSignOut: new URL('/signed-out', redirectUri ?? url).href }, null)
  }
  const publish = (name: string, value: string): void => void zone.set(name, [value])
  const known = (await clientOf(connectionsApi, sender).listConnections({ query: { limit: 50 } })).items.find(({ name }) => name === `${it.name} sign-in`)
  if (known === undefined) {
    onProgress(`sign-in of ${it.name}`)
    const connection = await setUpSignIn({ url, adminKey, company: it, providerOrigin: providers.origin, client: state.client, introduce, publish })
    await announcePeople(url, adminKey, it, connection.id)
    return
  }
  await introduce(known)
  for (const { record } of (await clientOf(domainsApi, sender).listDomains({ query: { limit: 50 } })).items) publish(record.name, record.value)
}
