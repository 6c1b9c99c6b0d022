import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Authenticator, withAnswer } from '../../../../../test/setup/authenticator.ts'
import { openHouse, type House } from '../../../../../test/setup/house.ts'
import { openSession } from '../../../../../test/setup/session.ts'
import { plant } from '../../../../../test/setup/sql.ts'
import { Visitor } from '../../../../app/demo-idp/visitor.ts'
import { clientOf, fetchSender } from '../../../../kernel/client.ts'
import { connectionsApi } from '../../connections/contract.ts'
import { identityApi } from '../../contract.ts'
import { passkeysApi } from '../contract.ts'
import { followLink, linkFor, newAdmin, newRescuer, passkeysOf, sessionSender, signInWith, usersOf, type Rescuer } from './recovery.ts'

let house: House
let rita: Rescuer
beforeAll(async () => {
  house = await openHouse()
  rita = await newRescuer(house)
}, 60_000)
afterAll(() => house.close())

const whoami = (visitor: Visitor) => clientOf(identityApi, sessionSender(house, visitor)).whoami()
const lastAttempt = async (slug: 'acme' | 'globex' = 'acme') => (await clientOf(connectionsApi, house.sender('tenant_admin', house[slug])).listSignInAttempts({ query: { limit: 1 } })).items[0]
const neutral = (html: string): string => html.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')

describe('a recovery administrator', () => {
  it('registers a passkey by a link and signs in with it', async () => {
    const home = await signInWith(rita, house.url, 'acme')
    expect(new URL(home.url).pathname).toBe('/')
    expect(await whoami(rita.visitor)).toMatchObject({ organizationId: house.acme.id, role: 'tenant_admin', actor: { kind: 'user', id: rita.id }, session: { kind: 'person' } })
    expect(await lastAttempt()).toMatchObject({ purpose: 'passkey', outcome: 'ok', userId: rita.id })
  })
  it('sees a page that may run our one script and no other', async () => {
    const page = await rita.visitor.go(`${house.url}/sign-in/passkey?org=acme`)
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect((await rita.visitor.go(`${house.url}/sign-in`)).headers.get('content-security-policy')).not.toContain('script-src')
    const script = await fetch(`${house.url}/assets/passkey.js`)
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(await script.text()).toContain('navigator.credentials')
  })
  it('adds another one while signed in, which must be of late', async () => {
    const session = await openSession(house.superuserUrl, { organizationId: house.acme.id, userId: rita.id })
    const mine = clientOf(passkeysApi, fetchSender({ baseUrl: house.url, token: session }))
    const { options, state } = await mine.beginPasskey()
    const spare = new Authenticator()
    const made = await mine.registerPasskey({ body: { name: 'Spare', state, answer: spare.create(options, house.url) } })
    expect(made).toMatchObject({ userId: rita.id, name: 'Spare', canBeBackedUp: true, isBackedUp: true, isUsable: true, lastUsedAt: null })
    await plant(house.superuserUrl, "update bss.session set authenticated_at = now() - interval '11 minutes' where digest = sha256(convert_to($1, 'UTF8'))", [session])
    const refusal = await fetch(`${house.url}/api/v1/identity/passkeys/options`, { method: 'POST', headers: { authorization: `Bearer ${session}` } })
    expect(refusal.status).toBe(401)
    expect(await refusal.json()).toMatchObject({ code: 'step_up_required' })
    expect(refusal.headers.get('www-authenticate')).toContain('error="insufficient_user_authentication"')
  })
  it('adds one on the page for it', async () => {
    const own = { ...rita, authenticator: new Authenticator() }
    await signInWith(rita, house.url, 'acme')
    const page = await own.visitor.submit(own.authenticator.answered(await own.visitor.go(`${house.url}/account/passkeys`)), { name: 'Laptop' })
    expect(page.html).toContain('<strong>Laptop</strong>')
    expect((await signInWith(own, house.url, 'acme')).status).toBe(200)
  })
})

describe('a passkey opens nothing', () => {
  const refusedFor = async (code: string, cheat: Parameters<typeof signInWith>[3]): Promise<void> => {
    const visitor = new Visitor()
    const answer = await signInWith({ ...rita, visitor }, house.url, 'acme', cheat)
    expect(answer.status).toBe(403)
    expect(visitor.cookie(house.url, 'bss')).toBeUndefined()
    expect(await lastAttempt()).toMatchObject({ purpose: 'passkey', outcome: code, userId: null })
  }
  it('for a page of another site', () => refusedFor('wrong_origin', { origin: 'https://evil.example' }))
  it('for another relying party', () => refusedFor('wrong_site', { site: 'evil.example' }))
  it('in a frame of another site', () => refusedFor('framed', { isFramed: true }))
  it('for another question', () => refusedFor('wrong_challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }))
  it('without its owner being verified', () => refusedFor('not_verified', { isUserVerified: false }))
  it('when its counter goes back: it is a copy', () => refusedFor('counter_went_back', { counter: 1 }))
  it('when it names another owner', () => refusedFor('wrong_owner', { userHandle: 'AAAAAAAAcACAAAAAAAAAAQ' }))
  it('with a signature of another', () => refusedFor('bad_signature', { signature: 'MEUCIQDPnL1oZ3rVdU4yZ1hYdTJ0bGZkc2FmZHNhZmRzYWZkcwIgTm90QVJlYWxTaWduYXR1cmVBdEFsbEFuZE5ldmVyV2lsbEI' }))
  it('with an answer that is none', async () => {
    const visitor = new Visitor()
    for (const answer of ['', 'null', '{}', '[]', '{"id":"x"}', `{"id":"${'A'.repeat(5000)}"}`]) {
      const place = await visitor.go(`${house.url}/sign-in/passkey?org=acme`)
      expect((await visitor.submit(withAnswer(place, answer))).status).toBe(403)
      expect(await lastAttempt()).toMatchObject({ outcome: 'bad_shape' })
    }
  })
  it('twice for the same question', async () => {
    const visitor = new Visitor()
    const answered = rita.authenticator.answered(await visitor.go(`${house.url}/sign-in/passkey?org=acme`))
    expect((await visitor.submit(answered)).status).toBe(200)
    const other = new Visitor()
    expect((await other.submit(answered)).status).toBe(403)
    expect(other.cookie(house.url, 'bss')).toBeUndefined()
    expect(await lastAttempt()).toMatchObject({ outcome: 'challenge_used' })
  })
  it('in another organization, which says the same as one that nobody has', async () => {
    const foreign = await signInWith({ ...rita, visitor: new Visitor() }, house.url, 'globex')
    expect(await lastAttempt('globex')).toMatchObject({ outcome: 'unknown_passkey' })
    const missing = await signInWith({ ...rita, visitor: new Visitor() }, house.url, 'nobody-at-all')
    expect([foreign.status, neutral(foreign.html)]).toEqual([403, neutral(missing.html)])
    const question = (html: string): string => html.replaceAll(/value="[^"]{60,}"|challenge&quot;:&quot;[\w-]+/g, 'X')
    const [asked, unasked] = await Promise.all(['globex', 'nobody-at-all'].map((slug) => new Visitor().go(`${house.url}/sign-in/passkey?org=${slug}`)))
    expect(question(asked?.html ?? '')).toBe(question(unasked?.html.replaceAll('nobody-at-all', 'globex') ?? ''))
  })
  it('with a question that was asked for another organization', async () => {
    const [here, there] = [await new Visitor().go(`${house.url}/sign-in/passkey?org=acme`), await new Visitor().go(`${house.url}/sign-in/passkey?org=globex`)]
    const state = /name="state" value="([^"]+)"/
    const swapped = rita.authenticator.answered(here).html.replace(state, () => `name="state" value="${state.exec(there.html)?.[1]}"`)
    expect((await new Visitor().submit({ ...here, html: swapped })).status).toBe(403)
    expect(await lastAttempt('globex')).toMatchObject({ outcome: 'unknown_passkey' })
  })
  it('once its owner is no Tenant Admin at every site any more', async () => {
    const other = await newRescuer(house)
    expect((await passkeysOf(house).listPasskeys({ query: { 'filter[userId]': other.id } })).items).toMatchObject([{ isUsable: true }])
    await usersOf(house).assignUserRole({ params: { userId: other.id }, body: { role: 'planner' } })
    const { roles } = await usersOf(house).getUser({ params: { userId: other.id } })
    for (const { id, role } of roles) if (role === 'tenant_admin') await usersOf(house).unassignUserRole({ params: { userId: other.id, assignmentId: id } })
    expect((await signInWith({ ...other, visitor: new Visitor() }, house.url, 'acme')).status).toBe(403)
    expect(await lastAttempt()).toMatchObject({ outcome: 'no_recovery_admin' })
  })
})

describe('a link', () => {
  it('works once', async () => {
    const id = await newAdmin(house)
    const link = await linkFor(house, id)
    const browser = { authenticator: new Authenticator(), visitor: new Visitor() }
    expect((await followLink(link, browser)).status).toBe(201)
    expect((await followLink(link, browser)).status).toBe(403)
  })
  it('does not work when another was made, in another organization, or guessed', async () => {
    const id = await newAdmin(house)
    const [first, second] = [await linkFor(house, id), await linkFor(house, id)]
    const browser = { authenticator: new Authenticator(), visitor: new Visitor() }
    const dead = await followLink(first, browser)
    expect(dead.status).toBe(403)
    expect((await followLink(second.replace('org=acme', 'org=globex'), browser)).html).toBe(dead.html)
    expect((await followLink(`${second}x`, browser)).html).toBe(dead.html)
    expect((await followLink(second.replace('org=acme', 'org=nobody'), browser)).html).toBe(dead.html)
    expect((await followLink(second, browser)).status).toBe(201)
  })
  it('registers nothing that was not verified, and then still works', async () => {
    const link = await linkFor(house, await newAdmin(house))
    const browser = { authenticator: new Authenticator(), visitor: new Visitor() }
    for (const cheat of [{ origin: 'https://evil.example' }, { site: 'evil.example' }, { isUserVerified: false }, { isFramed: true }, { type: 'webauthn.get' }]) expect((await followLink(link, browser, cheat)).status).toBe(422)
    expect((await followLink(link, browser)).status).toBe(201)
  })
  it('is made for administrators who were made by hand and have no provider, by another one', async () => {
    const { id } = await usersOf(house).createUser({ body: { userName: 'plain@example.com', displayName: 'Plain' } })
    await expect(linkFor(house, id)).rejects.toMatchObject({ status: 409 })
    await expect(linkFor(house, await newAdmin(house, 'globex'))).rejects.toMatchObject({ status: 404 })
    const token = await openSession(house.superuserUrl, { organizationId: house.acme.id, userId: rita.id })
    await expect(clientOf(passkeysApi, fetchSender({ baseUrl: house.url, token })).createPasskeyEnrolmentLink({ body: { userId: rita.id } })).rejects.toMatchObject({ status: 409 })
  })
  it('is refused to keys that hold less than a Tenant Admin, and shown once', async () => {
    const id = await newAdmin(house)
    const identity = house.client(identityApi, 'tenant_admin')
    const account = await identity.createServiceAccount({ body: { name: 'Narrow', role: 'tenant_admin' } })
    const key = await identity.createKey({ body: { serviceAccountId: account.id, name: 'narrow', scopes: ['identity:write', 'members:write'] } })
    await expect(clientOf(passkeysApi, house.sender({ token: key.secret ?? '' })).createPasskeyEnrolmentLink({ body: { userId: id } })).rejects.toMatchObject({ status: 403 })
    const once = { body: { userId: id }, idempotencyKey: 'link-once' }
    expect((await passkeysOf(house).createPasskeyEnrolmentLink(once)).url).toContain('#bss_s_')
    expect((await passkeysOf(house).createPasskeyEnrolmentLink(once)).url).toBeNull()
  })
})

describe('who has no passkey', () => {
  it('a key cannot have one', async () => {
    await expect(passkeysOf(house).beginPasskey()).rejects.toMatchObject({ status: 409 })
  })
  it('another role cannot register one', async () => {
    await expect(house.client(passkeysApi, 'planner').beginPasskey()).rejects.toMatchObject({ status: 403 })
  })
  it('a stranger sees none', async () => {
    expect((await fetch(`${house.url}/api/v1/identity/passkeys`)).status).toBe(401)
    const { items } = await passkeysOf(house).listPasskeys({ query: { limit: 1 } })
    expect(items).toHaveLength(1)
    for (const { id } of items) await expect(passkeysOf(house, 'globex').removePasskey({ params: { passkeyId: id } })).rejects.toMatchObject({ status: 404 })
  })
})

describe('removing a passkey', () => {
  it('ends what was opened with it at once', async () => {
    const other = await newRescuer(house)
    await signInWith(other, house.url, 'acme')
    expect(await whoami(other.visitor)).toMatchObject({ actor: { id: other.id } })
    for (const { id } of (await passkeysOf(house).listPasskeys({ query: { 'filter[userId]': other.id } })).items) await passkeysOf(house).removePasskey({ params: { passkeyId: id } })
    await expect.poll(() => whoami(other.visitor).then(() => 200, (error: { status: number }) => error.status), { timeout: 900, interval: 5 }).toBe(401)
    expect((await signInWith({ ...other, visitor: new Visitor() }, house.url, 'acme')).status).toBe(403)
  })
})
