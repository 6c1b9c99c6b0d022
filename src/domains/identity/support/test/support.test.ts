import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Authenticator } from '../../../../../test/setup/authenticator.ts'
import { openHouse, type House } from '../../../../../test/setup/house.ts'
import { plant, sql } from '../../../../../test/setup/sql.ts'
import { Visitor } from '../../../../app/demo-idp/visitor.ts'
import { clientOf, fetchSender } from '../../../../kernel/client.ts'
import { auditApi } from '../../../audit/contract.ts'
import { tenancyApi } from '../../../tenancy/contract.ts'
import { createOperatorKey } from '../../operators.ts'
import { createStaffLink, deactivateStaff } from '../../staff/enrol.ts'
import { identityApi } from '../../contract.ts'
import { supportApi } from '../contract.ts'
import { deskOf, followStaffLink, grantsOf, newStaff, post, signInStaff, tokenOf, type StaffOfTest } from './people.ts'

let house: House
let ada: StaffOfTest
let grace: StaffOfTest
beforeAll(async () => {
  house = await openHouse()
  ada = await newStaff(house, 'ada')
  grace = await newStaff(house, 'grace')
}, 60_000)
afterAll(() => house.close())

const reason = 'Ticket 4711: an order is stuck'
const statusOf = (call: Promise<unknown>): Promise<number> => call.then(() => 200, (error: { status: number }) => error.status)
const as = (token: string) => clientOf(identityApi, fetchSender({ baseUrl: house.url, token }))
const ask = (token: string, path: string, method = 'GET', body?: unknown) =>
  fetch(house.url + path, { method, headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
const platformTrail = () => sql(house.superuserUrl, 'select operator_name, operation, organization_id::text from platform.audit_entry order by at')
const age = (minutes: number, name: string) =>
  plant(house.superuserUrl, 'update platform.staff_session s set authenticated_at = now() - make_interval(mins => $1) from platform.staff p where p.id = s.staff_id and p.name = $2', [minutes, name])
const AT_ONCE = { timeout: 900, interval: 5 } as const

describe('people of the platform', () => {
  it('sign in by a passkey and may do what the platform\'s operator may', async () => {
    expect(await as(tokenOf(house, ada)).whoami()).toMatchObject({ plane: 'platform', organizationId: null, role: 'global_admin', actor: { kind: 'operator', name: 'ada' }, session: { kind: 'person' } })
    const cookie = { cookie: `bss_staff=${tokenOf(house, ada)}`, 'sec-fetch-site': 'same-origin' }
    expect((await fetch(`${house.url}/api/v1/platform/organizations`, { headers: cookie })).status).toBe(200)
    expect((await ada.visitor.go(`${house.url}/platform`)).html).toContain('You are <strong>ada</strong>')
    expect((await platformTrail()).map(([who, what]) => `${who} ${what}`)).toEqual(expect.arrayContaining(['ada staff.enrolment_made', 'ada staff.passkey_registered', 'ada staff.signed_in']))
  })
  it('see nothing of an organization, and their cookie opens none', async () => {
    expect((await ask(tokenOf(house, ada), '/api/v1/orders')).status).toBe(403)
    const cookie = { cookie: `bss_staff=${tokenOf(house, ada)}`, 'sec-fetch-site': 'same-origin' }
    expect((await fetch(`${house.url}/api/v1/organization`, { headers: cookie })).status).toBe(401)
    expect((await fetch(`${house.url}/api/v1/whoami`, { headers: cookie })).status).toBe(401)
  })
  it('use the cookie from our own pages only', async () => {
    const id = house.acme.id
    const from = { cookie: `bss_staff=${tokenOf(house, ada)}`, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example', 'content-type': 'application/json' }
    const answer = await fetch(`${house.url}/api/v1/platform/organizations/${id}/suspend`, { method: 'POST', headers: from, body: JSON.stringify({ reason: 'because' }) })
    expect(answer.status).toBe(403)
  })
  it.each([['another site', { origin: 'https://evil.example' }], ['another relying party', { site: 'evil.example' }], ['no verification', { isUserVerified: false }], ['a copy', { counter: 1 }], ['another owner', { userHandle: 'AAAAAAAAcACAAAAAAAAAAQ' }]])('are not let in by a passkey with %s', async (_name, cheat) => {
    const answer = await signInStaff(house, { ...ada, visitor: new Visitor() }, cheat)
    expect(answer.status).toBe(403)
  })
  it('are not let in twice by one answer, nor with a passkey of nobody', async () => {
    const answered = ada.authenticator.answered(await new Visitor().go(`${house.url}/platform/sign-in`))
    expect((await new Visitor().submit(answered)).status).toBe(200)
    expect((await new Visitor().submit(answered)).status).toBe(403)
    const stranger = new Authenticator()
    stranger.create({ challenge: 'x', rp: { id: '127.0.0.1' }, user: { id: 'eA' } }, house.url)
    expect((await signInStaff(house, { name: 'x', authenticator: stranger, visitor: new Visitor() })).status).toBe(403)
  })
  it('begin with a link that works once, and their sessions end with them', async () => {
    const { url } = await createStaffLink(house.database, house.url, 'linus')
    const linus = { name: 'linus', authenticator: new Authenticator(), visitor: new Visitor() }
    expect((await followStaffLink(url, linus, { origin: 'https://evil.example' })).status).toBe(422)
    expect((await followStaffLink(url, linus)).status).toBe(201)
    expect((await followStaffLink(url, linus)).status).toBe(403)
    await signInStaff(house, linus)
    const grant = await grantsOf(house).grantSupport({ body: { reason, hours: 1 } })
    const { token } = await deskOf(house, linus).openSupportSession({ body: { organizationId: house.acme.id, supportGrantId: grant.id } })
    expect(await statusOf(as(token).whoami())).toBe(200)
    await deactivateStaff(house.database, 'linus')
    await expect.poll(async () => [await statusOf(as(token).whoami()), await statusOf(as(tokenOf(house, linus)).whoami())], AT_ONCE).toEqual([401, 401])
    expect((await signInStaff(house, { ...linus, visitor: new Visitor() })).status).toBe(403)
    await expect(createStaffLink(house.database, house.url, 'linus')).rejects.toMatchObject({ code: 'conflict' })
  })
  it('sign out', async () => {
    await signInStaff(house, grace)
    const token = tokenOf(house, grace)
    await post(house, grace, '/platform/sign-out', {})
    await expect.poll(() => statusOf(as(token).whoami()), AT_ONCE).toBe(401)
    await signInStaff(house, grace)
  })
})

describe('a grant of support', () => {
  it('opens a session that reads, without money, and writes nothing', async () => {
    const grant = await grantsOf(house).grantSupport({ body: { reason, hours: 2 } })
    const { token, expiresAt } = await deskOf(house, ada).openSupportSession({ body: { organizationId: house.acme.id, supportGrantId: grant.id } })
    expect(expiresAt <= grant.expiresAt).toBe(true)
    expect(await as(token).whoami()).toMatchObject({ organizationId: house.acme.id, role: 'support', actor: { kind: 'operator', name: 'ada' }, fieldClasses: ['ops'], session: { kind: 'support' } })
    const permissions = (await as(token).whoami()).permissions
    expect(permissions.filter((permission) => /:(write|adjust|release|grant)$|^(price|cost|finance|audit|keys|members):/.test(permission))).toEqual([])
    expect((await ask(token, '/api/v1/orders')).status).toBe(200)
    expect((await ask(token, '/api/v1/sites', 'POST', { code: 'X', name: 'X', kind: 'warehouse', timeZone: 'UTC' })).status).toBe(403)
    expect((await ask(token, '/api/v1/price-lists')).status).toBe(403)
    expect((await ask(token, '/api/v1/support/grants', 'POST', { reason, hours: 1 })).status).toBe(403)
    expect((await ask(token, '/api/v1/platform/organizations')).status).toBe(403)
  })
  it('is in both trails, with the name of the person', async () => {
    const grant = await grantsOf(house).grantSupport({ body: { reason, hours: 2 } })
    await deskOf(house, ada).openSupportSession({ body: { organizationId: house.acme.id, supportGrantId: grant.id } })
    const { items } = await house.client(auditApi, 'tenant_admin').listAuditEntries({ query: { 'filter[operation]': 'identity.openSupportSession' } })
    expect(items[0]).toMatchObject({ actor: { kind: 'operator', name: 'ada' }, changes: [{ entity: 'session', action: 'opened', after: { operator: 'ada' } }] })
    expect(await platformTrail()).toContainEqual(['ada', 'support.opened', house.acme.id])
    expect((await grantsOf(house).listSupportGrants()).items[0]).toMatchObject({ status: 'open', kind: 'grant', sessions: 1, createdByName: 'Tenant Admin (demo)' })
  })
  it('ends at once when it is revoked, with its sessions', async () => {
    const grant = await grantsOf(house).grantSupport({ body: { reason, hours: 2 } })
    const open = { organizationId: house.acme.id, supportGrantId: grant.id }
    const { token } = await deskOf(house, ada).openSupportSession({ body: open })
    expect(await statusOf(as(token).whoami())).toBe(200)
    const path = { params: { supportGrantId: grant.id } }
    expect(await grantsOf(house).revokeSupportGrant(path)).toMatchObject({ status: 'revoked' })
    expect(await sql(house.superuserUrl, 'select count(*) from bss.session where support_grant_id = $1 and revoked_at is null', [grant.id])).toEqual([['0']])
    await expect.poll(() => statusOf(as(token).whoami()), AT_ONCE).toBe(401)
    await expect(deskOf(house, ada).openSupportSession({ body: open })).rejects.toMatchObject({ status: 409 })
    await expect(grantsOf(house).revokeSupportGrant(path)).rejects.toMatchObject({ status: 409 })
  })
  it('is for the person it names, and for its own organization', async () => {
    const grant = await grantsOf(house).grantSupport({ body: { reason, hours: 1, staffName: 'grace' } })
    await expect(deskOf(house, ada).openSupportSession({ body: { organizationId: house.acme.id, supportGrantId: grant.id } })).rejects.toMatchObject({ status: 409 })
    await expect(deskOf(house, grace).openSupportSession({ body: { organizationId: house.globex.id, supportGrantId: grant.id } })).rejects.toMatchObject({ status: 404 })
    await deskOf(house, grace).openSupportSession({ body: { organizationId: house.acme.id, supportGrantId: grant.id } })
    await expect(grantsOf(house, 'globex').getSupportGrant({ params: { supportGrantId: grant.id } })).rejects.toMatchObject({ status: 404 })
    await expect(grantsOf(house, 'globex').revokeSupportGrant({ params: { supportGrantId: grant.id } })).rejects.toMatchObject({ status: 404 })
  })
  it('is opened by people who have signed in, not by keys', async () => {
    const grant = await grantsOf(house).grantSupport({ body: { reason, hours: 1 } })
    const open = { body: { organizationId: house.acme.id, supportGrantId: grant.id } }
    await expect(clientOf(supportApi, house.sender({ token: house.operatorKey })).openSupportSession(open)).rejects.toMatchObject({ status: 409 })
    await expect(grantsOf(house).openSupportSession(open)).rejects.toMatchObject({ status: 403 })
  })
  it('is given with a reason, for at most eight hours, by a Tenant Admin', async () => {
    for (const body of [{ reason, hours: 9 }, { reason, hours: 0 }, { reason: 'short', hours: 1 }, { hours: 1 }, { reason, hours: 1, staffName: 'Ada!' }]) {
      expect((await ask(house.acme.keys.tenant_admin, '/api/v1/support/grants', 'POST', body)).status).toBe(400)
    }
    await expect(house.client(supportApi, 'planner').grantSupport({ body: { reason, hours: 1 } })).rejects.toMatchObject({ status: 403 })
    expect((await ask('', '/api/v1/support/grants')).status).toBe(401)
  })
  it('is opened on the page too', async () => {
    const grant = await grantsOf(house, 'globex').grantSupport({ body: { reason, hours: 1 } })
    expect((await ada.visitor.go(`${house.url}/platform/organization?slug=globex`)).html).toContain(reason)
    const home = await post(house, ada, '/platform/support', { organizationId: house.globex.id, supportGrantId: grant.id })
    expect(new URL(home.url).pathname).toBe('/')
    expect(await as(ada.visitor.cookie(house.url, 'bss') ?? '').whoami()).toMatchObject({ organizationId: house.globex.id, role: 'support' })
    expect((await post(house, { ...ada, visitor: new Visitor() }, '/platform/support', { organizationId: house.globex.id, supportGrantId: grant.id })).url).toContain('/platform/sign-in')
  })
})

describe('breaking the glass', () => {
  const ask2 = { body: { get organizationId() { return house.acme.id }, reason: 'Stock is promised twice, nobody answers' } }
  it('needs two people with fresh proofs, and tells the organization at once', async () => {
    await Promise.all([signInStaff(house, ada), signInStaff(house, grace)])
    const asked = await deskOf(house, ada).requestBreakGlass(ask2)
    const path = { params: { breakGlassId: asked.id } }
    await expect(deskOf(house, ada).approveBreakGlass(path)).rejects.toMatchObject({ status: 409 })
    expect((await grantsOf(house).listSupportGrants()).items.filter(({ kind }) => kind === 'break_glass')).toEqual([])
    await deskOf(house, grace).approveBreakGlass(path)
    const [seen] = (await grantsOf(house).listSupportGrants()).items.filter(({ kind }) => kind === 'break_glass')
    expect(seen).toMatchObject({ id: asked.id, status: 'open', staffName: 'ada', approvedByName: 'grace', reason: ask2.body.reason })
    expect(Date.parse(seen?.expiresAt ?? '') - Date.parse(seen?.createdAt ?? '')).toBeLessThanOrEqual(3_600_000)
    expect(await sql(house.superuserUrl, "select topic, payload ->> 'approvedBy' from bss.outbox_event where aggregate_id = $1", [asked.id])).toEqual([['identity.breakGlassOpened', 'grace']])
    const { items } = await house.client(auditApi, 'tenant_admin').listAuditEntries({ query: { 'filter[operation]': 'identity.approveBreakGlass' } })
    expect(items[0]).toMatchObject({ actor: { kind: 'operator', name: 'grace' }, changes: [{ action: 'break_glass_opened' }] })
    expect((await platformTrail()).map(([who, what]) => `${who} ${what}`)).toEqual(expect.arrayContaining(['ada break_glass.requested', 'grace break_glass.approved']))
    expect((await deskOf(house, ada).listBreakGlass()).items[0]).toMatchObject({ id: asked.id, requestedByName: 'ada', approvedByName: 'grace' })
  })
  it('opens it to whoever asked, and ends when the organization says so', async () => {
    const [grant] = (await grantsOf(house).listSupportGrants()).items.filter(({ kind }) => kind === 'break_glass')
    const supportGrantId = grant?.id
    expect(supportGrantId).toBeDefined()
    const open = { body: { organizationId: house.acme.id, supportGrantId: String(supportGrantId) } }
    expect((await ask(tokenOf(house, grace), '/api/v1/platform/support-sessions', 'POST', open.body)).status).toBe(409)
    const opened = await ask(tokenOf(house, ada), '/api/v1/platform/support-sessions', 'POST', open.body)
    expect(opened.status).toBe(201)
    const token = /bss_s_\w+/.exec(await opened.text())?.[0] ?? ''
    expect(await as(token).whoami()).toMatchObject({ role: 'support', organizationId: house.acme.id })
    expect((await ask(house.acme.keys.tenant_admin, `/api/v1/support/grants/${supportGrantId}/revoke`, 'POST')).status).toBe(200)
    await expect.poll(() => statusOf(as(token).whoami()), AT_ONCE).toBe(401)
  })
  it('is refused to proofs of more than five minutes, whoever has them', async () => {
    await Promise.all([signInStaff(house, ada), signInStaff(house, grace)])
    const asked = await deskOf(house, ada).requestBreakGlass(ask2)
    await Promise.all([age(6, 'ada'), age(6, 'grace')])
    await signInStaff(house, { ...ada, visitor: new Visitor() })
    await expect.poll(() => statusOf(deskOf(house, grace).approveBreakGlass({ params: { breakGlassId: asked.id } })), AT_ONCE).toBe(401)
    await expect(deskOf(house, ada).requestBreakGlass(ask2)).rejects.toMatchObject({ status: 401, code: 'step_up_required' })
    await Promise.all([signInStaff(house, ada), signInStaff(house, grace)])
    await plant(house.superuserUrl, "update platform.break_glass set expires_at = now() - interval '1 second' where id = $1", [asked.id])
    await expect(deskOf(house, grace).approveBreakGlass({ params: { breakGlassId: asked.id } })).rejects.toMatchObject({ status: 409 })
  })
  it('cannot be done with keys, for nobody\'s organization, or for no reason', async () => {
    const { secret } = await createOperatorKey(house.database, { name: 'second key' })
    const key = clientOf(supportApi, house.sender({ token: secret }))
    await expect(key.requestBreakGlass(ask2)).rejects.toMatchObject({ status: 409 })
    const asked = await deskOf(house, ada).requestBreakGlass(ask2)
    await expect(key.approveBreakGlass({ params: { breakGlassId: asked.id } })).rejects.toMatchObject({ status: 409 })
    expect((await ask(tokenOf(house, ada), '/api/v1/platform/break-glass', 'POST', { organizationId: '0198d6a4-6f00-7000-8000-00000000dead', reason })).status).toBe(404)
    expect((await ask(tokenOf(house, ada), '/api/v1/platform/break-glass', 'POST', { organizationId: house.acme.id, reason: 'short' })).status).toBe(400)
  })
  it('is done on the page too', async () => {
    await post(house, ada, '/platform/break-glass', { organizationId: house.globex.id, reason })
    const { items } = await deskOf(house, grace).listBreakGlass()
    expect((await grace.visitor.go(`${house.url}/platform`)).html).toContain('Approve: open it for an hour')
    expect((await post(house, grace, '/platform/break-glass/approve', { id: items[0]?.id ?? '' })).status).toBe(200)
    expect((await grantsOf(house, 'globex').listSupportGrants()).items[0]).toMatchObject({ kind: 'break_glass', staffName: 'ada', approvedByName: 'grace' })
  })
})

it('the role that works for the platform can read nothing of an organization', async () => {
  const organizations = await clientOf(tenancyApi, fetchSender({ baseUrl: house.url, token: tokenOf(house, ada) })).listOrganizations()
  expect(organizations.items.length).toBeGreaterThanOrEqual(2)
  const rights = await sql(house.superuserUrl, "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('bss', 'platform') and c.relkind = 'r' and has_any_column_privilege('bss_admin', c.oid, 'select, insert, update')")
  expect(rights).toEqual([['0']])
})
