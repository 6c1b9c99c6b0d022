// A house in which people sign in: the demo's identity providers beside it, a zone of its own, and a visitor without a window.
import { COMPANIES, type DemoCompany, type DemoPerson } from '../../src/app/demo-idp/people.ts'
import { startDemoProviders, type DemoProviders } from '../../src/app/demo-idp/server.ts'
import { serviceOf, setUpSignIn } from '../../src/app/demo-idp/setup.ts'
import { Visitor, type Place } from '../../src/app/demo-idp/visitor.ts'
import type { Connection } from '../../src/domains/identity/connections/contract.ts'
import { newDemoState } from '../../src/app/demo-idp/state.ts'
import { openHouse, type House, type HouseOptions } from './house.ts'

export interface SignInHouse extends House {
  readonly providers: DemoProviders
  /** TXT records that the house sees. */
  readonly zone: Map<string, string[]>
  /** Sets up the sign-in of acme (OpenID Connect) or globex (SAML): tried and active. */
  setUp(slug: 'acme' | 'globex'): Promise<Connection>
  company(slug: 'acme' | 'globex'): DemoCompany
  /** Goes the whole way from the sign-in page; the place where it ends. */
  signIn(slug: 'acme' | 'globex', subject: string, visitor?: Visitor): Promise<Place>
}

/** Somebody at globex's provider, which says of them that they have the address of a person at acme. */
export const IMPOSTOR: DemoPerson = { subject: 'globex-impostor', name: 'Mallory Moor', email: 'paul.park@acme.example', role: 'planner', about: 'is not who they say' }

export const LOCAL = { allowedNetworks: ['127.0.0.0/8'], plainHttpHosts: ['127.0.0.1'] } as const

export async function openSignInHouse(options: HouseOptions = {}): Promise<SignInHouse> {
  const zone = new Map<string, string[]>()
  const company = (slug: string): DemoCompany => {
    const found = COMPANIES.find((each) => each.slug === slug)
    if (found === undefined) throw new Error(`There is no company ${slug}.`)
    return found
  }
  const house = await openHouse({ ...options, service: { outbound: LOCAL, allowsLocalProviders: true, resolveTxt: (name: string) => Promise.resolve(zone.get(name) ?? []), ...options.service } })
  const state = await newDemoState()
  const providers = await startDemoProviders({ port: 0, oidcCompany: company('acme'), samlCompany: { ...company('globex'), people: [...company('globex').people, IMPOSTOR] }, oidc: state.oidc, signing: state.signing })
  return {
    ...house, providers, zone, company,
    setUp: (slug) => setUpSignIn({
      url: house.url, adminKey: house[slug].keys.tenant_admin, company: company(slug), providerOrigin: providers.origin, client: state.client,
      publish: (name, value) => void zone.set(name, [value]),
      introduce: async (connection) => {
        const { serviceProvider } = connection
        if (slug === 'acme') providers.know({ ...state.client, redirectUri: serviceProvider.redirectUri ?? '', backchannelLogoutUri: serviceProvider.backchannelLogoutUri ?? '', afterSignOut: new URL('/signed-out', connection.serviceProvider.redirectUri ?? house.url).href }, null)
        else providers.know(null, await serviceOf(connection))
      },
    }),
    signIn: async (slug, subject, visitor = new Visitor()) => {
      const person = company(slug).people.find((each) => each.subject === subject)
      const choice = await visitor.submit(await visitor.go(`${house.url}/sign-in`), { email: person?.email ?? `${subject}@${company(slug).domain}` })
      if (!choice.html.includes('name="person"')) return choice
      const chosen = await visitor.submit(choice, { person: subject })
      return slug === 'globex' && chosen.html.includes('SAMLResponse') ? visitor.submit(chosen) : chosen
    },
    close: async () => {
      await providers.stop()
      await house.close()
    },
  }
}
