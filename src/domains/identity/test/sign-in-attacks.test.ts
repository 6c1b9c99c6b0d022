// What must not work around signing in, tried against the whole house. Each attack stands beside the honest way.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Visitor } from '../../../app/demo-idp/visitor.ts'
import { newId } from '../../../kernel/ids.ts'
import { clientOf, fetchSender, type Client } from '../../../kernel/client.ts'
import { IMPOSTOR, openSignInHouse, type SignInHouse } from '../../../../test/setup/sign-in.ts'
import { plant, sql } from '../../../../test/setup/sql.ts'
import { connectionsApi, type Connection } from '../connections/contract.ts'
import { domainsApi } from '../domains/contract.ts'

type Slug = 'acme' | 'globex'
let house: SignInHouse
let acme: Connection
let globex: Connection
const as = <const A extends typeof connectionsApi | typeof domainsApi>(api: A, slug: Slug): Client<A> => clientOf(api, fetchSender({ baseUrl: house.url, token: house[slug].keys.tenant_admin }))
const outcomes = async (slug: Slug): Promise<string[]> => (await as(connectionsApi, slug).listSignInAttempts({ query: { limit: 5 } })).items.map(({ outcome }) => outcome)
const jit = { hasJit: true, jitRole: 'planner' } as const

beforeAll(async () => {
  house = await openSignInHouse()
  const [first, second] = [await house.setUp('acme'), await house.setUp('globex')]
  acme = await as(connectionsApi, 'acme').updateConnection({ params: { connectionId: first.id }, body: jit, ifMatch: first.rowVersion })
  globex = await as(connectionsApi, 'globex').updateConnection({ params: { connectionId: second.id }, body: jit, ifMatch: second.rowVersion })
}, 120_000)
afterAll(() => house.close())

/** Up to the provider's choice page, and the address the provider would send the browser back to. */
async function atChoice(slug: Slug, visitor: Visitor) {
  const person = house.company(slug).people[1]
  const choice = await visitor.submit(await visitor.go(`${house.url}/sign-in`), { email: person?.email ?? '' })
  expect(choice.html).toContain('name="person"')
  return choice
}
const hasSession = (visitor: Visitor): boolean => visitor.cookie(house.url, 'bss') !== undefined

describe('OpenID Connect', () => {
  it('an answer is good once, and only in the browser that asked', async () => {
    const [honest, thief] = [new Visitor(), new Visitor()]
    const home = await honest.submit(await atChoice('acme', honest), { person: 'acme-planner' })
    expect(home.html).toContain('You are signed in as')
    // The address that brought the honest one in, opened again and elsewhere.
    const callback = `${house.url}/auth/oidc/${acme.id}/callback?code=anything&state=anything`
    expect((await honest.go(callback)).status).toBe(403)
    expect((await thief.go(callback)).status).toBe(403)
    expect(hasSession(thief)).toBe(false)
    expect(await outcomes('acme')).toContain('unknown_state')
  })
  it('an answer of one connection is not taken at the address of another', async () => {
    const visitor = new Visitor()
    await atChoice('acme', visitor)
    const mixed = await visitor.go(`${house.url}/auth/oidc/${globex.id}/callback?code=x&state=y`)
    expect(mixed.status).toBe(403)
    expect(hasSession(visitor)).toBe(false)
  })
  it('an error of the provider is told to the organization and not to the person', async () => {
    const visitor = new Visitor()
    await atChoice('acme', visitor)
    const rows = await sql(house.superuserUrl, "select count(*) from bss.login_transaction where used_at is null and purpose = 'sign_in'")
    expect(Number(rows[0]?.[0]?.[0])).toBeGreaterThan(0)
    const refused = await visitor.go(`${house.url}/auth/oidc/${acme.id}/callback?error=access_denied&state=unknown`)
    expect(refused.html).not.toContain('access_denied')
    expect(refused.html).toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-7/)
  })
})

describe('who somebody is', () => {
  it("another organization's provider that asserts a victim's address reaches nobody", async () => {
    const home = await house.signIn('acme', 'acme-planner')
    expect(home.html).toContain('You are signed in as')
    const people = async (): Promise<string> => JSON.stringify(await sql(house.superuserUrl, 'select organization_id, id, user_name from bss.user_account order by 1, 2'))
    const before = await people()
    const visitor = new Visitor()
    const choice = await visitor.go(`${house.url}/auth/start/${globex.id}`)
    const answer = await visitor.submit(await visitor.submit(choice, { person: IMPOSTOR.subject }))
    expect(answer.status).toBe(403)
    expect(hasSession(visitor)).toBe(false)
    expect((await outcomes('globex'))[0]).toBe('foreign_domain')
    expect(await people()).toBe(before)
  })
  it('a person outside the verified domains gets no account', async () => {
    await plant(house.superuserUrl, ["set session_replication_role = replica", "update bss.email_domain set status = 'lost' where name = 'globex.example'"])
    const visitor = new Visitor()
    const choice = await visitor.go(`${house.url}/auth/start/${globex.id}`)
    const answer = await visitor.submit(await visitor.submit(choice, { person: 'globex-twin-engineer' }))
    expect(answer.status).toBe(403)
    expect(hasSession(visitor)).toBe(false)
    expect((await outcomes('globex'))[0]).toBe('foreign_domain')
    await plant(house.superuserUrl, ["set session_replication_role = replica", "update bss.email_domain set status = 'verified' where name = 'globex.example'"])
    const again = await house.signIn('globex', 'globex-twin-engineer')
    expect(again.html).toContain('You are signed in as')
  })
  it('a person whom a directory announced is met by sign-ins of its own provider only', async () => {
    const other = await as(connectionsApi, 'acme').createConnection({ body: { name: 'Contractors', kind: 'oidc', oidc: { issuer: house.providers.origin, clientId: 'contractors', clientAuth: 'client_secret_basic', scopes: ['openid'] }, clientSecret: 'x' } })
    await plant(house.superuserUrl, `insert into bss.user_account (organization_id, id, user_name, display_name, source, external_ref, directory_connection_id, created_by, updated_by)
      values ($1, $2, 'aziz.amari@acme.example', 'Announced', 'scim', 'acme-auditor', $3, $2, $2)`, [house.acme.id, newId(), other.id])
    const stranger = await house.signIn('acme', 'acme-auditor')
    expect(stranger.status).toBe(403)
    expect((await outcomes('acme'))[0]).toBe('user_name_taken')
    await plant(house.superuserUrl, "update bss.user_account set directory_connection_id = $1, updated_by = created_by where external_ref = 'acme-auditor'", [acme.id])
    expect((await house.signIn('acme', 'acme-auditor')).html).toContain('<strong>Announced</strong>')
  })
  it('a suspended person is refused, and a session of theirs ends at once', async () => {
    const visitor = new Visitor()
    await house.signIn('acme', 'acme-integration', visitor)
    const token = visitor.cookie(house.url, 'bss') ?? ''
    const who = () => fetch(`${house.url}/api/v1/whoami`, { headers: { cookie: `bss=${token}` } })
    expect((await who()).status).toBe(200)
    await plant(house.superuserUrl, "update bss.user_account set status = 'suspended', updated_by = created_by where user_name like 'ines.ito@acme%'")
    await expect.poll(async () => (await who()).status, { timeout: 5_000, interval: 20 }).toBe(401)
    const refused = await house.signIn('acme', 'acme-integration')
    expect(refused.status).toBe(403)
    expect((await outcomes('acme'))[0]).toBe('account_suspended')
  })
})

describe('domains', () => {
  it.each(['ACME.example', 'acme.example.', 'aCme.Example.', 'АCME.example'])('%s is one domain with acme.example, or another name altogether', async (name) => {
    const domain = await as(domainsApi, 'globex').addDomain({ body: { name } }).catch((error: unknown) => error)
    expect(domain).toBeTypeOf('object')
    const list = (await as(domainsApi, 'globex').listDomains()).items.map((each) => each.name)
    expect(list.every((each) => /^[a-z0-9.-]+$/.test(each))).toBe(true)
  })
  it('proven by one organization is not to be had by another, whatever the record says', async () => {
    const theirs = (await as(domainsApi, 'globex').listDomains()).items.find(({ name }) => name === 'acme.example') ?? (await as(domainsApi, 'globex').addDomain({ body: { name: 'acme.example' } }))
    house.zone.set(theirs.record.name, [...(house.zone.get(theirs.record.name) ?? []), theirs.record.value])
    await expect(as(domainsApi, 'globex').verifyDomain({ params: { domainId: theirs.id } })).rejects.toMatchObject({ status: 409 })
    const visitor = new Visitor()
    const choice = await visitor.submit(await visitor.go(`${house.url}/sign-in`), { email: 'paul.park@acme.example' })
    expect(choice.html).toContain('Acme Logistics')
  })
  it('without its record is not verified', async () => {
    const domain = await as(domainsApi, 'acme').addDomain({ body: { name: 'unproven.example' } })
    await expect(as(domainsApi, 'acme').verifyDomain({ params: { domainId: domain.id } })).rejects.toMatchObject({ status: 422 })
  })
})

describe('the web', () => {
  it('a session that was there before signing in is not the one after it', async () => {
    const visitor = new Visitor()
    await house.signIn('acme', 'acme-planner', visitor)
    const before = visitor.cookie(house.url, 'bss')
    const other = await house.signIn('acme', 'acme-planner', visitor)
    expect(other.status).toBe(200)
    await visitor.go(`${house.url}/auth/start/${acme.id}`)
    expect(visitor.cookie(house.url, 'bss')).not.toBe(before)
  })
  it('pages cannot be framed, kept or scripted, and hold no token', async () => {
    const visitor = new Visitor()
    const home = await house.signIn('acme', 'acme-planner', visitor)
    for (const place of [home, await visitor.go(`${house.url}/sign-in`), await visitor.go(`${house.url}/signed-out`)]) {
      expect(place.headers.get('x-frame-options')).toBe('DENY')
      expect(place.headers.get('cache-control')).toBe('no-store')
      expect(place.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(place.headers.get('content-security-policy')).not.toContain('script-src')
      expect(place.html).not.toMatch(/bss_s_/)
      expect(place.url).not.toMatch(/bss_s_/)
    }
  })
  it.each(['//evil.example', '/\\evil.example', 'https://evil.example/', '/%0d%0aset-cookie:x=1', 'javascript:alert(1)'])('never leads on to %s', async (returnTo) => {
    const visitor = new Visitor()
    const choice = await visitor.go(`${house.url}/auth/start/${acme.id}?returnTo=${encodeURIComponent(returnTo)}`)
    const end = choice.html.includes('name="person"') ? await visitor.submit(choice, { person: 'acme-planner' }) : choice
    expect(new URL(end.url).origin).toBe(house.url)
  })
  it('a form of another site signs nobody in or out', async () => {
    const post = (path: string, headers: Record<string, string>) => fetch(`${house.url}${path}`, { method: 'POST', redirect: 'manual', body: 'email=a%40acme.example', headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } })
    expect((await post('/sign-in', { 'sec-fetch-site': 'same-origin', origin: house.url })).status).toBe(200)
    for (const path of ['/sign-in', '/sign-out']) {
      expect((await post(path, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })).status).toBe(403)
      expect((await post(path, {})).status).toBe(403)
    }
  })
  it('what is malformed gets one clear answer and changes nothing', async () => {
    const form = (path: string, body: string, type = 'application/x-www-form-urlencoded') => fetch(`${house.url}${path}`, { method: 'POST', redirect: 'manual', body, headers: { 'content-type': type, 'sec-fetch-site': 'same-origin', origin: house.url } })
    const count = async (): Promise<string> => JSON.stringify(await sql(house.superuserUrl, 'select (select count(*) from bss.session), (select count(*) from bss.user_account)'))
    const before = await count()
    expect((await form('/sign-in', 'email=not-an-address')).status).toBe(200)
    expect((await form('/sign-in', '{}', 'application/json')).status).toBe(415)
    expect((await form('/sign-in', `email=${'a'.repeat(600_000)}`)).status).toBe(413)
    expect((await form(`/auth/saml/${globex.id}/acs`, 'SAMLResponse=%%%')).status).toBe(303)
    expect((await form(`/auth/oidc/${acme.id}/backchannel-logout`, 'logout_token=x.y.z')).status).toBe(400)
    expect((await fetch(`${house.url}/auth/start/not-an-id`)).status).toBe(404)
    expect((await fetch(`${house.url}/auth/start/0198d6a4-6f00-7000-8000-000000000011`)).status).toBe(404)
    expect(await count()).toBe(before)
  })
})
