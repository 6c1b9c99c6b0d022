// Somebody without an account sets up sign-in by a link, alone, and can do nothing else with it.
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { idOf, type ConnectionId } from '../../../../kernel/ids.ts'
import { auditApi } from '../../../audit/contract.ts'
import { serviceOf } from '../../../../app/demo-idp/setup.ts'
import { newDemoState } from '../../../../app/demo-idp/state.ts'
import { Visitor } from '../../../../app/demo-idp/visitor.ts'
import { openSignInHouse, type SignInHouse } from '../../../../../test/setup/sign-in.ts'
import { refusalOf, saidOf, statusOf } from '../../test/person.ts'
import { PublicJwks } from '../../clients/contract.ts'
import { connectionsApi } from '../../connections/contract.ts'
import { domainsApi } from '../../domains/contract.ts'
import { setupApi } from '../contract.ts'
import { beginWith, titleOf } from './guide.ts'

const keySet = Compile(PublicJwks)
let house: SignInHouse
const links = (who: 'tenant_admin' | 'planner' = 'tenant_admin', slug: 'acme' | 'globex' = 'acme') => house.client(setupApi, who, house[slug])
const connections = () => house.client(connectionsApi, 'tenant_admin')
const domains = () => house.client(domainsApi, 'tenant_admin')
const newLink = async (body: { name?: string; connectionId?: ConnectionId } = {}) => {
  const link = await links().createSetupLink({ body })
  return { ...link, url: link.url ?? '' }
}
const OIDC = { clientId: 'blue', clientAuth: 'client_secret_basic', scopes: ['openid'] } as const
const newDraft = (name: string) => connections().createConnection({ body: { name, kind: 'oidc', oidc: { ...OIDC, scopes: [...OIDC.scopes], issuer: house.providers.origin }, clientSecret: 'secret' } })

beforeAll(async () => {
  house = await openSignInHouse()
})
afterAll(() => house.close())

describe('making a link', () => {
  it('shows its address once; a list and a repeated request do not show it again', async () => {
    const first = await links().createSetupLink({ body: { name: 'IT of Acme', expiresInHours: 2 }, idempotencyKey: 'one-link' })
    expect(first).toMatchObject({ name: 'IT of Acme', status: 'open', connectionId: null, usedAt: null })
    expect(first.url).toMatch(new RegExp(`^${house.url}/setup/acme/bss_s_[0-9A-Za-z]{49}$`))
    expect(await links().createSetupLink({ body: { name: 'IT of Acme', expiresInHours: 2 }, idempotencyKey: 'one-link' })).toMatchObject({ id: first.id, url: null })
    expect(JSON.stringify(await links().listSetupLinks({ query: {} }))).not.toContain('bss_s_')
  })
  it('is for Tenant Admins, for at most 72 hours, and for a connection that nobody depends on', async () => {
    expect(await statusOf(house.client(setupApi, 'planner').createSetupLink({ body: {} }))).toBe(403)
    expect((await fetch(`${house.url}/api/v1/identity/setup-links`)).status).toBe(401)
    expect(await statusOf(links().createSetupLink({ body: { expiresInHours: 73 } }))).toBe(400)
    const foreign = await house.client(connectionsApi, 'tenant_admin', house.globex).createConnection({ body: { name: 'Theirs', kind: 'oidc', oidc: { ...OIDC, scopes: ['openid'], issuer: house.providers.origin }, clientSecret: 'x' } })
    expect(await refusalOf(links().createSetupLink({ body: { connectionId: foreign.id } }))).toEqual(await refusalOf(links().createSetupLink({ body: { connectionId: idOf<'IdentityConnection'>(house.acme.id) } })))
    const gone = await newDraft('Disabled one')
    await connections().disableConnection({ params: { connectionId: gone.id } })
    expect(await saidOf(links().createSetupLink({ body: { connectionId: gone.id } }))).toContain('409 The connection is disabled.')
  })
  it('can be taken back at once, by its own organization only, and once', async () => {
    const link = await newLink()
    const { see } = await beginWith(link.url)
    expect(await statusOf(links('tenant_admin', 'globex').revokeSetupLink({ params: { setupLinkId: link.id } }))).toBe(404)
    expect(await links().revokeSetupLink({ params: { setupLinkId: link.id } })).toMatchObject({ status: 'revoked' })
    expect((await see()).status).toBe(403)
    expect(await statusOf(links().revokeSetupLink({ params: { setupLinkId: link.id } }))).toBe(409)
  })
})

describe('opening a link', () => {
  it('ties it to the browser that begins; looking at it does not use it up', async () => {
    const link = await newLink()
    expect(titleOf(await new Visitor().go(link.url))).toContain('Set up sign-in of Acme Logistics')
    expect((await links().listSetupLinks({ query: {} })).items.find(({ id }) => id === link.id)?.status).toBe('open')
    const { first, see } = await beginWith(link.url)
    expect(titleOf(first)).toBe('Your provider')
    expect(new URL(first.url).pathname).toBe('/setup')
    expect(titleOf(await see())).toBe('Your provider')
    expect((await links().listSetupLinks({ query: {} })).items.find(({ id }) => id === link.id)?.status).toBe('in_use')
    const second = await new Visitor().go(link.url)
    const nonsense = await new Visitor().go(`${house.url}/setup/acme/bss_s_nonsense`)
    const nobody = await new Visitor().go(`${house.url}/setup/nobody/${link.url.split('/').at(-1) ?? ''}`)
    expect([second.status, titleOf(second)]).toEqual([403, 'This link does not work'])
    expect([nonsense.html, nobody.html]).toEqual([second.html, second.html])
  })
  it('lets one of two browsers begin that come at the same time', async () => {
    const link = await newLink()
    const places = await Promise.all([new Visitor(), new Visitor(), new Visitor()].map(async (visitor) => visitor.submit(await visitor.go(link.url))))
    expect(places.map(titleOf).toSorted((a, b) => a.localeCompare(b))).toEqual(['This link does not work', 'This link does not work', 'Your provider'])
  })
  it('opens no session and no other door, and is not driven by other sites', async () => {
    const { visitor } = await beginWith((await newLink()).url)
    const cookie = `bss_setup=${visitor.cookie(house.url, 'bss_setup') ?? ''}`
    expect(cookie).toMatch(/^bss_setup=acme\.bss_s_/)
    const token = cookie.split('.')[1] ?? ''
    for (const headers of [{ cookie }, { cookie: `bss=${token}` }, { authorization: `Bearer ${token}` }]) expect((await fetch(`${house.url}/api/v1/whoami`, { headers: { ...headers, 'sec-fetch-site': 'same-origin' } })).status).toBe(401)
    const cross = await fetch(`${house.url}/setup/provider`, { method: 'POST', redirect: 'manual', headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, body: 'choice=okta' })
    expect(cross.status).toBe(403)
  })
})

describe('the guided page', () => {
  it('leads from the provider to a test sign-in that says exactly why it is refused, and then that it works', async () => {
    const link = await newLink({ name: 'Ida of IT' })
    const { see, send, visitor } = await beginWith(link.url)
    const asked = await send('/setup/provider', { choice: 'oidc' })
    const redirectUri = /<dd><code>([^<]*\/callback)<\/code>/.exec(asked.html)?.[1] ?? ''
    expect(redirectUri).toContain('/auth/oidc/')
    const { client } = await newDemoState()
    house.providers.know({ ...client, redirectUri, backchannelLogoutUri: `${redirectUri}/unused`, afterSignOut: `${house.url}/signed-out` }, null)
    const form = { name: 'Acme by link', issuer: house.providers.origin, clientId: client.clientId, clientSecret: 'a wrong secret', clientAuth: 'client_secret_basic' }
    expect(titleOf(await send('/setup/connection', form))).toBe('Domain')
    const added = await send('/setup/domains', { domain: 'Acme-By-Link.Example' })
    const [record, value] = [...added.html.matchAll(/<dd><code>([^<]*)<\/code>/g)].map((match) => match[1] ?? '').filter((text) => text !== 'TXT')
    expect([record, value]).toEqual(['_blue-ship-sync.acme-by-link.example', expect.stringMatching(/^blue-ship-sync-verification=/)])
    const domain = /name="domain" value="([0-9a-f-]{36})"/.exec(added.html)?.[1] ?? ''
    const early = await send('/setup/verify', { domain })
    expect([early.status, early.html]).toEqual([422, expect.stringContaining('No TXT record of _blue-ship-sync.acme-by-link.example says')])
    house.zone.set(record ?? '', [value ?? ''])
    expect((await send('/setup/verify', { domain })).html).toContain('Proven.')

    const tried = await visitor.submit(await send('/setup/test'), { person: 'acme-planner' })
    expect(new URL(tried.url).pathname).toBe('/setup')
    expect(tried.html).toContain('<code>client_refused</code>')
    expect(tried.html).toContain('Copy both again')
    expect(titleOf(await see('done'))).not.toBe('Done')
    expect(titleOf(await send('/setup/connection', { ...form, clientSecret: client.clientSecret }))).toBe('Domain')
    const start = await send('/setup/test')
    const good = start.html.includes('name="person"') ? await visitor.submit(start, { person: 'acme-planner' }) : start
    expect(good.html).toContain('The test sign-in worked')
    expect(good.html).toContain('paul.park@acme.example')

    expect(titleOf(await see('done'))).toBe('Done')
    const row = (await connections().listConnections({ query: {} })).items.find(({ name }) => name === 'Acme by link')
    expect(row?.status).toBe('tested')
    expect(titleOf(await send('/setup/finish'))).toBe('Thank you')
    expect((await see()).status).toBe(403)
    expect((await links().listSetupLinks({ query: {} })).items.find(({ id }) => id === link.id)).toMatchObject({ status: 'finished', connectionId: row?.id })
    const trail = await house.client(auditApi, 'tenant_admin').listAuditEntries({ query: { limit: 200 } })
    const own = trail.items.filter(({ actor }) => actor.name === 'Ida of IT')
    expect(new Set(own.flatMap(({ changes }) => changes.map(({ entity, action }) => `${entity} ${action}`)))).toEqual(new Set(['setup_link opened', 'identity_connection created', 'identity_connection changed', 'email_domain added', 'email_domain verified', 'setup_link finished']))
    expect(JSON.stringify(trail)).not.toContain(client.clientSecret)
    // The Tenant Admin goes on.
    expect(await connections().activateConnection({ params: { connectionId: row?.id ?? idOf<'IdentityConnection'>(house.acme.id) } })).toMatchObject({ status: 'active' })
  })

  it('leads through without any secret: the provider reads our key, and a real sign-in works by it', async () => {
    const { client } = await newDemoState()
    const { see, send, visitor } = await beginWith((await newLink({ name: 'Kay of IT' })).url)
    await send('/setup/provider', { choice: 'oidc' })
    const page = (await see()).html
    const [redirectUri = '', jwksUri = ''] = [/https?:[^<]*\/callback(?=<)/.exec(page)?.[0], /https?:[^<]*\/jwks(?=<)/.exec(page)?.[0]]
    const form = { name: 'By key', issuer: house.providers.origin, clientId: client.clientId, clientSecret: '', clientAuth: 'private_key_jwt' }
    expect((await send('/setup/connection', { ...form, clientAuth: 'client_secret_basic' })).html).toContain('Client secret: this is missing.')
    expect(titleOf(await send('/setup/connection', form))).toBe('Domain')
    const set = keySet.Parse(await (await fetch(jwksUri)).json())
    const row = (await connections().listConnections({ query: {} })).items.find(({ name }) => name === 'By key')
    expect(row).toMatchObject({ hasSecret: true, oidc: { clientAuth: 'private_key_jwt' }, serviceProvider: { jwksUri, redirectUri } })
    expect(set).toMatchObject({ keys: [{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }] })
    // The public half, and nothing of the private one.
    expect(JSON.stringify(set)).not.toContain('"d"')
    house.providers.know({ ...client, redirectUri, jwks: set, backchannelLogoutUri: `${redirectUri}/unused`, afterSignOut: `${house.url}/signed-out` }, null)
    const start = await send('/setup/test')
    const good = start.html.includes('name="person"') ? await visitor.submit(start, { person: 'acme-planner' }) : start
    expect(good.html).toContain('The test sign-in worked')

    // Saving the form again keeps the key; a secret in its place, and back, makes another one.
    expect(titleOf(await send('/setup/connection', form))).toBe('Domain')
    expect(await (await fetch(jwksUri)).json()).toEqual(set)
    expect((await send('/setup/connection', { ...form, clientAuth: 'client_secret_post' })).html).toContain('clientSecret-fault')
    expect(titleOf(await send('/setup/connection', { ...form, clientAuth: 'client_secret_post', clientSecret: 'a secret' }))).toBe('Domain')
    expect((await fetch(jwksUri)).status).toBe(404)
    expect(titleOf(await send('/setup/connection', form))).toBe('Domain')
    const next: unknown = await (await fetch(jwksUri)).json()
    expect(next).toMatchObject({ keys: [{ alg: 'ES256' }] })
    expect(next).not.toEqual(set)
    expect(JSON.stringify(await house.client(auditApi, 'auditor').listAuditEntries({ query: { limit: 50 } }))).not.toContain('"d":')
  })
  it('takes no client secret beside a key of ours, in the API either', async () => {
    const body = { name: 'Both', kind: 'oidc', oidc: { clientId: 'blue', clientAuth: 'private_key_jwt', scopes: ['openid'], issuer: house.providers.origin }, clientSecret: 'secret' } as const
    const draft = { ...body, oidc: { ...body.oidc, scopes: [...body.oidc.scopes] } }
    expect(await saidOf(connections().createConnection({ body: draft }))).toContain('422')
    const { clientSecret: _none, ...alone } = draft
    const made = await connections().createConnection({ body: { ...alone, name: 'Key alone' } })
    expect(await saidOf(connections().updateConnection({ params: { connectionId: made.id }, body: { clientSecret: 'secret' }, ifMatch: made.rowVersion }))).toContain('422')
    expect((await fetch(made.serviceProvider.jwksUri ?? '')).status).toBe(200)
  })

  it('keeps what was typed beside what is wrong with it, and never the secret', async () => {
    const { see, send } = await beginWith((await newLink()).url)
    await send('/setup/provider', { choice: 'entra' })
    const place = await send('/setup/connection', { name: 'Entra & Co', tenantId: 'not an id', clientId: '"><script>', clientSecret: 'very secret' })
    expect(place.status).toBe(422)
    expect(place.html).toContain('value="Entra &amp; Co"')
    expect(place.html).toContain('value="&quot;&gt;&lt;script&gt;"')
    expect(place.html).toMatch(/id="tenantId"[^>]*aria-describedby="tenantId-hint tenantId-fault" aria-invalid="true"/)
    expect(place.html).not.toContain('very secret')
    expect((await send('/setup/connection', { name: '', tenantId: '', clientId: '', clientSecret: '' })).html.match(/this is missing/g)).toHaveLength(4)
    expect(titleOf(await see('test'))).toBe('Connection')
    await send('/setup/provider', { choice: 'saml' })
    for (const metadataXml of ['<xml', `<!DOCTYPE x [<!ENTITY a "b">]>${'x'.repeat(100)}`, 'x'.repeat(600_000)]) expect((await send('/setup/connection', { name: 'S', metadataXml })).status).toBeGreaterThanOrEqual(400)
    expect((await send('/setup/connection', { name: 'S', metadataXml: `<EntityDescriptor>${'x'.repeat(100)}</EntityDescriptor>` })).html).toContain('metadataXml-fault')
  })

  it('touches no domain and no connection but its own', async () => {
    const other = await newDraft('Not by link')
    const theirs = await domains().addDomain({ body: { name: 'not-by-link.example', connectionId: other.id } })
    house.zone.set(theirs.record.name, [theirs.record.value])
    const own = await newDraft('By link')
    const { see, send } = await beginWith((await newLink({ connectionId: own.id })).url)
    expect((await see('domain')).html).not.toContain('not-by-link.example')
    expect((await send('/setup/verify', { domain: theirs.id })).status).toBe(422)
    expect((await send('/setup/domains', { domain: 'not-by-link.example' })).html).toContain('This domain is on the list already.')
    expect((await send('/setup/provider', { choice: 'saml' })).status).toBe(422)
    expect((await domains().listDomains({ query: {} })).items.find(({ id }) => id === theirs.id)).toMatchObject({ status: 'pending', connectionId: other.id })
    await connections().disableConnection({ params: { connectionId: own.id } })
    expect((await send('/setup/connection', { name: 'Mine now', issuer: house.providers.origin, clientId: 'x', clientSecret: 'y', clientAuth: 'client_secret_basic' })).html).toContain('The connection is disabled')
    expect(await connections().getConnection({ params: { connectionId: own.id } })).toMatchObject({ name: 'By link', status: 'disabled' })
  })

  it('leads a SAML provider through as well', async () => {
    const { send, visitor } = await beginWith((await newLink()).url)
    await send('/setup/provider', { choice: 'saml' })
    const metadataXml = await (await fetch(`${house.providers.origin}/saml/metadata`)).text()
    expect(titleOf(await send('/setup/connection', { name: 'SAML by link', metadataXml }))).toBe('Domain')
    const row = (await connections().listConnections({ query: {} })).items.find(({ name }) => name === 'SAML by link')
    house.providers.know(null, row === undefined ? null : await serviceOf(row))
    const choice = await send('/setup/test')
    const end = await visitor.submit(await visitor.submit(choice, { person: 'globex-planner' }))
    expect([new URL(end.url).pathname, end.html]).toEqual(['/setup', expect.stringContaining('The test sign-in worked')])
  })
})
