// People sign in through the real redirects of real providers, as in the demo.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Visitor } from '../../../app/demo-idp/visitor.ts'
import { isRecord } from '../../../kernel/json.ts'
import { clientOf, fetchSender } from '../../../kernel/client.ts'
import { openSignInHouse, type SignInHouse } from '../../../../test/setup/sign-in.ts'
import { plant } from '../../../../test/setup/sql.ts'
import { connectionsApi, type Connection } from '../connections/contract.ts'
import { domainsApi } from '../domains/contract.ts'

let house: SignInHouse
let connections: { acme: Connection; globex: Connection }
const admin = (slug: 'acme' | 'globex') => clientOf(connectionsApi, fetchSender({ baseUrl: house.url, token: house[slug].keys.tenant_admin }))

beforeAll(async () => {
  house = await openSignInHouse()
  const [acme, globex] = [await house.setUp('acme'), await house.setUp('globex')]
  const jit = { hasJit: true, jitRole: 'planner' } as const
  connections = {
    acme: await admin('acme').updateConnection({ params: { connectionId: acme.id }, body: jit, ifMatch: acme.rowVersion }),
    globex: await admin('globex').updateConnection({ params: { connectionId: globex.id }, body: jit, ifMatch: globex.rowVersion }),
  }
}, 60_000)
afterAll(() => house.close())

const whoami = async (visitor: Visitor): Promise<Record<string, unknown>> => {
  const token = visitor.cookie(house.url, 'bss') ?? ''
  const answer = await fetch(`${house.url}/api/v1/whoami`, { headers: { cookie: `bss=${token}`, 'sec-fetch-site': 'same-origin' } })
  const value: unknown = await answer.json()
  return isRecord(value) ? value : {}
}
const lastAttempt = async (slug: 'acme' | 'globex') => (await admin(slug).listSignInAttempts({ query: { limit: 1 } })).items[0]

describe('signing in', () => {
  it.each(['acme', 'globex'] as const)('leads a person of %s through their own provider to their own organization', async (slug) => {
    const visitor = new Visitor()
    const home = await house.signIn(slug, `${slug}-planner`, visitor)
    expect(new URL(home.url).pathname).toBe('/')
    expect(home.html).toContain('Paul Park')
    expect(home.html).toContain('Planner')
    expect(await whoami(visitor)).toMatchObject({ organizationId: house[slug].id, role: 'planner', actor: { kind: 'user', name: 'Paul Park' }, session: { kind: 'person' } })
    expect(await lastAttempt(slug)).toMatchObject({ outcome: 'ok', purpose: 'sign_in', connectionId: connections[slug].id })
  })
  it('finds the same account again, and makes a session of its own each time', async () => {
    const [first, second] = [new Visitor(), new Visitor()]
    await house.signIn('acme', 'acme-finance', first)
    await house.signIn('acme', 'acme-finance', second)
    const [one, two] = [await whoami(first), await whoami(second)]
    expect(one['actor']).toEqual(two['actor'])
    expect(one['session']).not.toEqual(two['session'])
  })
  it('says the same to an address of nobody, of an unproven domain and of a domain without a connection', async () => {
    const seen = new Set<string>()
    const domains = clientOf(domainsApi, fetchSender({ baseUrl: house.url, token: house.acme.keys.tenant_admin }))
    const bare = await domains.addDomain({ body: { name: 'bare.example' } })
    house.zone.set(bare.record.name, [bare.record.value])
    await domains.verifyDomain({ params: { domainId: bare.id } })
    await domains.addDomain({ body: { name: 'pending.example', connectionId: connections.acme.id } })
    for (const domain of ['nobody.example', 'pending.example', 'bare.example']) {
      const visitor = new Visitor()
      const answer = await visitor.submit(await visitor.go(`${house.url}/sign-in`), { email: `x@${domain}` })
      seen.add(`${answer.status} ${answer.html.replaceAll(domain, 'DOMAIN')}`)
    }
    expect(seen.size).toBe(1)
  })
  it('goes on to the OpenID provider on signing out, which asks whether its own session shall end too', async () => {
    const visitor = new Visitor()
    const home = await house.signIn('acme', 'acme-auditor', visitor)
    const end = await visitor.submit(home)
    expect(visitor.cookie(house.url, 'bss')).toBeUndefined()
    expect(new URL(end.url).origin).toBe(house.providers.origin)
    expect(end.status).toBe(200)
  })
  it('ends a session at once on signing out, here and at the provider', async () => {
    const visitor = new Visitor()
    const home = await house.signIn('globex', 'globex-auditor', visitor)
    const token = visitor.cookie(house.url, 'bss') ?? ''
    expect(token).toMatch(/^bss_s_/)
    const end = await visitor.submit(home)
    expect(end.html).toContain('You are signed out')
    const answer = await fetch(`${house.url}/api/v1/whoami`, { headers: { cookie: `bss=${token}` } })
    expect(answer.status).toBe(401)
  })
})

describe('a cookie', () => {
  it('changes nothing for a page of another site, and opens nothing as a key', async () => {
    const visitor = new Visitor()
    await house.signIn('acme', 'acme-planner', visitor)
    const token = visitor.cookie(house.url, 'bss') ?? ''
    const order = (headers: Record<string, string>) => fetch(`${house.url}/api/v1/orders`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', cookie: `bss=${token}`, ...headers } })
    expect((await order({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })).status).toBe(403)
    expect((await order({ 'sec-fetch-site': 'same-site', origin: house.url })).status).toBe(403)
    expect((await order({})).status).toBe(403)
    // From our own page it is let in, and refused for its body only.
    expect((await order({ 'sec-fetch-site': 'same-origin', origin: house.url })).status).toBe(400)
    const key = await fetch(`${house.url}/api/v1/whoami`, { headers: { cookie: `bss=${house.acme.keys.planner}` } })
    expect(key.status).toBe(401)
  })
})

describe('an answer of a provider', () => {
  it('is worth nothing in another browser', async () => {
    const [honest, thief] = [new Visitor(), new Visitor()]
    const choice = await honest.submit(await honest.go(`${house.url}/sign-in`), { email: 'paul.park@globex.example' })
    const answer = await honest.submit(choice, { person: 'globex-planner' })
    const stolen = await thief.submit(answer)
    expect(stolen.status).toBe(403)
    expect(thief.cookie(house.url, 'bss')).toBeUndefined()
  })
  it('copied a hundred times makes one session', async () => {
    const visitor = new Visitor()
    const choice = await visitor.submit(await visitor.go(`${house.url}/sign-in`), { email: 'paul.park@globex.example' })
    const answer = await visitor.submit(choice, { person: 'globex-planner' })
    const places = await Promise.all(Array.from({ length: 100 }, () => visitor.submit(answer)))
    expect(places.filter(({ status, html }) => status === 200 && html.includes('You are signed in as'))).toHaveLength(1)
    const replayed = await admin('globex').listSignInAttempts({ query: { 'filter[outcome]': 'replayed', limit: 200 } })
    expect(replayed.items.length).toBeGreaterThan(0)
  })
  it('that nobody asked for begins a sign-in of our own instead', async () => {
    const visitor = new Visitor()
    const place = await visitor.submit({ url: 'https://elsewhere.example/', status: 200, headers: new Headers(), html: `<form action="${connections.globex.serviceProvider.acsUrl ?? ''}"><input type="hidden" name="SAMLResponse" value="PHg+">` })
    expect(place.url).toContain('/saml/sso')
    expect(visitor.cookie(house.url, 'bss')).toBeUndefined()
  })
})

describe('what hands out ways in', () => {
  it('asks a person for a recent proof, and takes it from a sign-in done again', async () => {
    const grown = new Visitor()
    await plant(house.superuserUrl, `insert into bss.role_assignment (organization_id, id, user_id, role, source, created_by, updated_by)
      select organization_id, gen_random_uuid(), id, 'tenant_admin', 'manual', id, id from bss.user_account where user_name = 'ada.adler@acme.example'`)
    await house.signIn('acme', 'acme-tenant-admin', grown)
    await plant(house.superuserUrl, `insert into bss.role_assignment (organization_id, id, user_id, role, source, created_by, updated_by)
      select organization_id, gen_random_uuid(), id, 'tenant_admin', 'manual', id, id from bss.user_account where user_name = 'ada.adler@acme.example' on conflict do nothing`)
    const add = (name: string) => fetch(`${house.url}/api/v1/identity/domains`, {
      method: 'POST', body: JSON.stringify({ name }), headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', origin: house.url, cookie: `bss=${grown.cookie(house.url, 'bss') ?? ''}` },
    })
    await expect.poll(async () => (await add(`n${Date.now()}.example`)).status, { timeout: 5_000, interval: 20 }).toBe(201)
    await plant(house.superuserUrl, "update bss.session set authenticated_at = now() - interval '11 minutes', updated_by = created_by where kind = 'person'")
    await expect.poll(async () => (await add('late.example')).status, { timeout: 5_000, interval: 20 }).toBe(401)
    const refused = await add('late.example')
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_user_authentication')
    const choice = await grown.go(`${house.url}/auth/step-up?returnTo=/`)
    const home = choice.html.includes('name="person"') ? await grown.submit(choice, { person: 'acme-tenant-admin' }) : choice
    expect(home.html).toContain('You are signed in as')
    await expect.poll(async () => (await add('fresh.example')).status, { timeout: 5_000, interval: 20 }).toBe(201)
  })
  it('ends a session that nobody has used for its idle time', async () => {
    const visitor = new Visitor()
    await house.signIn('acme', 'acme-finance', visitor)
    const who = () => fetch(`${house.url}/api/v1/whoami`, { headers: { cookie: `bss=${visitor.cookie(house.url, 'bss') ?? ''}` } })
    expect((await who()).status).toBe(200)
    await plant(house.superuserUrl, ["update bss.session_use set last_used_at = now() - interval '31 minutes'", "update bss.session set created_at = now() - interval '32 minutes', scopes = null, authenticated_at = authenticated_at - interval '1 second', updated_by = created_by where kind = 'person'"])
    await expect.poll(async () => (await who()).status, { timeout: 5_000, interval: 20 }).toBe(401)
  })
})
