// Signing out tells the provider whose session is to end: by the ID token, which is kept sealed and only as long as the session lives.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Visitor } from '../../../app/demo-idp/visitor.ts'
import { announcePeople } from '../../../app/demo-idp/directory.ts'
import { openSignInHouse, type SignInHouse } from '../../../../test/setup/sign-in.ts'
import { plant, sql } from '../../../../test/setup/sql.ts'
import { isRecord } from '../../../kernel/json.ts'
import type { Connection } from '../connections/contract.ts'
import { ID_TOKEN_MAX, openIdToken, sealIdToken } from '../sign-in/id-token.ts'

let house: SignInHouse
let connection: Connection
beforeAll(async () => {
  house = await openSignInHouse()
  connection = await house.setUp('acme')
  await announcePeople(house.url, house.acme.keys.tenant_admin, house.company('acme'), connection.id)
}, 120_000)
afterAll(() => house.close())

const SUBJECT = (): string => house.company('acme').people[0]?.subject ?? ''
async function signedIn(): Promise<string> {
  const visitor = new Visitor()
  await house.signIn('acme', SUBJECT(), visitor)
  return visitor.cookie(house.url, 'bss') ?? ''
}
const ROW = "digest = sha256(convert_to($1, 'UTF8'))"
const keptOf = async (token: string): Promise<string | null | undefined> => (await sql(house.superuserUrl, `select encode(id_token, 'hex') from bss.session where ${ROW}`, [token]))[0]?.[0]
/** Where the browser is sent after it has signed out. */
async function signOut(token: string): Promise<URL> {
  const answer = await fetch(`${house.url}/sign-out`, { method: 'POST', redirect: 'manual', headers: { cookie: `bss=${token}`, origin: house.url, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' }, body: '' })
  const next = /content="0; url=([^"]*)"/.exec(await answer.text())?.[1]?.replaceAll('&amp;', '&')
  return new URL(next ?? '', house.url)
}
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return isRecord(value) ? value : {}
}

describe('signing out of OpenID Connect', () => {
  it('sends the ID token of this session to the provider, which ends that session without asking whose it is', async () => {
    const token = await signedIn()
    const kept = await keptOf(token)
    expect(kept).toMatch(/^01[0-9a-f]{200,}$/)
    // Sealed: three parts in base64url are nowhere in it.
    expect(Buffer.from(kept ?? '', 'hex').toString('latin1')).not.toContain('eyJ')
    const url = await signOut(token)
    expect([url.origin, url.searchParams.get('post_logout_redirect_uri'), url.searchParams.get('client_id')]).toEqual([house.providers.origin, `${house.url}/signed-out`, connection.oidc?.clientId])
    expect(claimsOf(url.searchParams.get('id_token_hint') ?? '')).toMatchObject({ iss: house.providers.origin, sub: SUBJECT(), aud: connection.oidc?.clientId })
    expect((await fetch(url, { redirect: 'manual' })).status).toBeLessThan(400)
    expect(await keptOf(token)).toBeNull()
    expect((await fetch(`${house.url}/api/v1/whoami`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401)
  })
  it('is forgotten however the session ends', async () => {
    const token = await signedIn()
    expect(await keptOf(token)).not.toBeNull()
    await plant(house.superuserUrl, `update bss.session set revoked_at = now(), revoked_reason = 'test' where ${ROW}`, [token])
    expect(await keptOf(token)).toBeNull()
  })
  it('that was moved to another session opens nothing there, and signing out works without it', async () => {
    const [mine, other] = [await signedIn(), await signedIn()]
    await plant(house.superuserUrl, `update bss.session set id_token = (select o.id_token from bss.session o where o.digest = sha256(convert_to($2, 'UTF8'))) where ${ROW}`, [mine, other])
    const url = await signOut(mine)
    expect([url.origin, url.searchParams.get('id_token_hint')]).toEqual([house.providers.origin, null])
    expect((await signOut(other)).searchParams.get('id_token_hint')).not.toBeNull()
  })
  it('is nowhere in the trail, in the log, or in what is kept of a sign-in on its way', async () => {
    const token = await signedIn()
    const kept = await sql(house.superuserUrl, "select to_jsonb(a)::text from bss.audit_entry a union all select to_jsonb(l)::text from bss.sign_in_attempt l union all select to_jsonb(t)::text from bss.login_transaction t")
    const hint = (await signOut(token)).searchParams.get('id_token_hint') ?? ''
    expect(hint.length).toBeGreaterThan(100)
    expect(kept.filter(([text]) => text?.includes(hint.slice(-60)) !== false)).toEqual([])
  })
  it('that is too long for an address is not kept; the longest that fits is, in the row too', async () => {
    const [token, place] = [await signedIn(), { organizationId: house.acme.id, parts: { secret: house.secret } }]
    const longest = 'x'.repeat(ID_TOKEN_MAX)
    expect([sealIdToken(place, 'a session', `${longest}x`), sealIdToken(place, 'a session', null)]).toEqual([null, null])
    const sealed = sealIdToken(place, 'a session', longest)
    expect([openIdToken(place, 'a session', sealed), openIdToken(place, 'another', sealed), openIdToken(place, 'a session', null)]).toEqual([longest, null, null])
    await plant(house.superuserUrl, `update bss.session set id_token = decode($2, 'hex') where ${ROW}`, [token, sealed?.toString('hex') ?? ''])
    expect(await keptOf(token)).toBe(sealed?.toString('hex'))
  })
})
