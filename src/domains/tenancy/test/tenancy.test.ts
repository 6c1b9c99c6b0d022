import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../../test/setup/sql.ts'
import { newId } from '../../../kernel/ids.ts'
import { canBecome, everyMove } from '../rules.ts'
import { openEstate, type Estate } from './estate.ts'

let estate: Estate
beforeAll(async () => {
  estate = await openEstate()
})
afterAll(() => estate.close())
const pathOf = (id: string) => `${estate.urls[0]}/api/v1/platform/organizations/${id}`
const reason = { reason: 'because of a test' }

describe('creating an organization', () => {
  it('opens it and yields a key that works', async () => {
    const made = await estate.operator.createOrganization({ body: { slug: 'works', name: 'It works', region: 'eu-central-1', plan: 'trial' } })
    expect(made.organization).toMatchObject({ slug: 'works', name: 'It works', status: 'active', region: 'eu-central-1', plan: 'trial', legalHold: false })
    const admin = estate.client(made.firstKey.secret)
    expect(await admin.getMyOrganization()).toMatchObject({ id: made.organization.id, slug: 'works', status: 'active' })
    expect(await admin.whoami()).toMatchObject({ plane: 'tenant', role: 'tenant_admin', organizationId: made.organization.id })
    expect(await admin.getMyLimits()).toEqual(made.organization.limits)
  })
  it('a bad slug is refused with its pointer, and nothing is made', async () => {
    for (const slug of ['', 'A', 'ab', '-ab', 'ab-', 'has space', 'x'.repeat(41), 'ümlaut']) {
      await expect(estate.operator.createOrganization({ body: { slug, name: 'Name' } })).rejects.toMatchObject({ status: 400, code: 'bad_request', errors: [{ pointer: '/slug' }] })
    }
    await expect(estate.operator.createOrganization({ body: { slug: 'no-name', name: ' ' } })).rejects.toMatchObject({ status: 400 })
    expect(await estate.peek("select 1 from platform.organization_slug where slug in ('has space', 'no-name')")).toEqual([])
  })
  it('a stranger is not let in and a Tenant Admin may not', async () => {
    const { admin } = await estate.organization()
    await expect(estate.stranger.createOrganization({ body: { slug: 'stranger', name: 'Stranger' } })).rejects.toMatchObject({ status: 401 })
    await expect(admin.createOrganization({ body: { slug: 'upstart', name: 'Upstart' } })).rejects.toMatchObject({ status: 403, code: 'forbidden' })
    await expect(admin.listOrganizations()).rejects.toMatchObject({ status: 403 })
  })
  it('a taken slug is a conflict, also with the same name', async () => {
    await estate.operator.createOrganization({ body: { slug: 'taken', name: 'Taken' } })
    for (const name of ['Taken', 'Another']) {
      await expect(estate.operator.createOrganization({ body: { slug: 'taken', name } })).rejects.toMatchObject({ status: 409, code: 'conflict', errors: [{ pointer: '/slug', code: 'taken' }] })
    }
  })
  it('an interrupted creation goes on where it stopped, and only with the same name', async () => {
    const id = newId()
    const operator = [newId(), 'operator', 'request']
    await estate.peek("select * from platform.create_organization($1, $2, $3, $4, 'halfway', 'Halfway', 'eu', 'standard')", [...operator, id])
    await expect(estate.operator.createOrganization({ body: { slug: 'halfway', name: 'Somebody else' } })).rejects.toMatchObject({ status: 409 })
    const made = await estate.operator.createOrganization({ body: { slug: 'halfway', name: 'Halfway' } })
    expect(made.organization).toMatchObject({ id, status: 'active' })
    expect(await estate.client(made.firstKey.secret).getMyOrganization()).toMatchObject({ id })
  })
  it('of many at the same moment one wins, and its key is the one that works', async () => {
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => estate.operator.createOrganization({ body: { slug: 'race', name: 'Race' } })))
    const winners = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    expect(winners).toHaveLength(1)
    expect(all.filter((one) => one.status === 'rejected').map((one: { readonly reason?: unknown }) => (one.reason instanceof Error ? `${one.reason.name} ${one.reason.message} ${JSON.stringify(one.reason)}` : 'no error')).filter((reason) => !reason.includes('conflict'))).toEqual([])
    expect(await estate.client(winners[0]?.firstKey.secret ?? '').getMyOrganization()).toMatchObject({ slug: 'race' })
    expect(await estate.peek("select count(*)::text from bss.organization where slug = 'race'")).toEqual([['1']])
    expect(await estate.peek("select count(*)::text from bss.api_key k join bss.organization o using (organization_id) where o.slug = 'race' and k.revoked_at is null")).toEqual([['1']])
  })
  it('a lost first key is replaced until somebody has come in, and never after', async () => {
    const made = await estate.operator.createOrganization({ body: { slug: 'lost-key', name: 'Lost key' } })
    const again = await estate.operator.renewFirstKey({ params: { organizationId: made.organization.id } })
    await expect(estate.client(made.firstKey.secret).whoami()).rejects.toMatchObject({ status: 401 })
    await estate.client(again.firstKey.secret).whoami()
    await expect.poll(async () => (await estate.peek('select count(*)::text from bss.api_key_use where organization_id = $1', [made.organization.id]))[0]?.[0]).toBe('1')
    await expect(estate.operator.renewFirstKey({ params: { organizationId: made.organization.id } })).rejects.toMatchObject({ status: 409 })
    await estate.client(again.firstKey.secret).getMyOrganization()
  })
})

describe('the operator', () => {
  it('lists organizations by slug, page by page, and finds one', async () => {
    const { id, slug } = await estate.organization()
    const slugs: string[] = []
    let after: string | undefined
    do {
      const page = await estate.operator.listOrganizations({ query: { limit: 2, ...(after === undefined ? {} : { after }) } })
      slugs.push(...page.items.map((each) => each.slug))
      after = page.nextCursor ?? undefined
    } while (after !== undefined)
    expect(slugs).toEqual(slugs.toSorted())
    expect(new Set(slugs).size).toBe(slugs.length)
    expect(slugs).toContain(slug)
    expect(await estate.operator.getOrganization({ params: { organizationId: id } })).toMatchObject({ slug })
    await expect(estate.operator.listOrganizations({ query: { after: 'nonsense' } })).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/query/after' }] })
  })
  it('sees nothing of any organization by the operations of a tenant', async () => {
    for (const call of [estate.operator.getMyOrganization, estate.operator.getMyLimits, estate.operator.listKeys, estate.operator.listServiceAccounts, estate.operator.listAuditEntries]) {
      await expect(call()).rejects.toMatchObject({ status: 403 })
    }
    expect(await estate.operator.whoami()).toMatchObject({ plane: 'platform', organizationId: null, role: 'global_admin', permissions: ['platform:read', 'platform:write'] })
  })
  it('gets the same answer for every organization that does not exist', async () => {
    for (const id of [newId<'Organization'>(), newId<'Organization'>()]) {
      await expect(estate.operator.getOrganization({ params: { organizationId: id } })).rejects.toMatchObject({ status: 404, detail: 'There is no such organization.' })
      await expect(estate.operator.suspendOrganization({ params: { organizationId: id }, body: reason })).rejects.toMatchObject({ status: 404, detail: 'There is no such organization.' })
      await expect(estate.operator.setOrganizationLimits({ params: { organizationId: id }, body: { requestsPerSecond: 1, burst: 1, concurrentRequests: 1, rowsPerExport: 1 } })).rejects.toMatchObject({ status: 404 })
    }
  })
  it('sets limits that hold at once', async () => {
    const { id, admin } = await estate.organization()
    await admin.whoami()
    const limits = { requestsPerSecond: 1, burst: 3, concurrentRequests: 2, rowsPerExport: 10 }
    expect(await estate.operator.setOrganizationLimits({ params: { organizationId: id }, body: limits })).toMatchObject({ limits })
    await expect.poll(() => admin.getMyLimits().then(() => 'in time', (error: { status: number }) => error.status)).toBe(429)
  })
  it('leaves a trail that nobody can change', async () => {
    const { id } = await estate.organization()
    const rows = await estate.peek("select operation, operator_name from platform.audit_entry where organization_id = $1 order by at", [id])
    expect(rows).toEqual([['organization.created', 'the operator'], ['organization.activated', 'the operator']])
    await expect(estate.peek("update platform.audit_entry set operation = 'nothing' where organization_id = $1", [id])).rejects.toThrow('append-only')
    await expect(estate.peek('delete from platform.audit_entry')).rejects.toThrow('append-only')
  })
})

describe('suspending', () => {
  it('stops everybody of the organization at once with a reason to read, and nobody else; resuming lets them in again', async () => {
    const [ours, theirs] = [await estate.organization(), await estate.organization()]
    const id = ours.id
    await ours.admin.getMyOrganization()
    expect(await estate.operator.suspendOrganization({ params: { organizationId: id }, body: reason })).toMatchObject({ status: 'suspended', statusReason: reason.reason })
    await expect(ours.admin.getMyOrganization()).rejects.toMatchObject({ status: 403, code: 'forbidden', detail: 'This organization is suspended. Its administrator can ask the platform operator why.' })
    await expect.poll(() => ours.admin.whoami().then(() => 200, (error: { status: number }) => error.status)).toBe(403)
    await theirs.admin.getMyOrganization()
    await expect(estate.operator.suspendOrganization({ params: { organizationId: id }, body: reason })).rejects.toMatchObject({ status: 409, code: 'illegal_transition' })
    expect(await estate.operator.resumeOrganization({ params: { organizationId: id }, body: reason })).toMatchObject({ status: 'active' })
    expect(await ours.admin.getMyOrganization()).toMatchObject({ status: 'active' })
  })
  it('offboarding follows only a suspension, keeps everybody out and cannot be resumed', async () => {
    const ours = await estate.organization()
    const id = ours.id
    await expect(estate.operator.offboardOrganization({ params: { organizationId: id }, body: reason })).rejects.toMatchObject({ code: 'illegal_transition' })
    await estate.operator.suspendOrganization({ params: { organizationId: id }, body: reason })
    expect(await estate.operator.offboardOrganization({ params: { organizationId: id }, body: reason })).toMatchObject({ status: 'offboarding' })
    await expect(estate.operator.resumeOrganization({ params: { organizationId: id }, body: reason })).rejects.toMatchObject({ code: 'illegal_transition' })
    await expect(ours.admin.getMyOrganization()).rejects.toMatchObject({ status: 403 })
  })
  it('wants a reason', async () => {
    const id = (await estate.organization()).id
    await expect(estate.operator.suspendOrganization({ params: { organizationId: id }, body: { reason: '' } })).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/reason' }] })
  })
  it('the database allows exactly the arrows of the rules', async () => {
    const id = (await estate.organization()).id
    for (const [from, to] of everyMove().filter(([a, b]) => a !== b)) {
      const outcome = await sql(estate.house.superuserUrl, [
        'begin', 'alter table bss.organization disable trigger user', `update bss.organization set status = '${from}' where organization_id = '${id}'`,
        'alter table bss.organization enable trigger user', `update bss.organization set status = '${to}' where organization_id = '${id}'`, 'rollback',
      ]).then(() => 'allowed', (error: Error) => error.message)
      expect([from, to, outcome]).toEqual([from, to, canBecome(from, to) ? 'allowed' : `An organization that is ${from} cannot become ${to}.`])
    }
  })
  it('an organization under legal hold is not erased', async () => {
    const id = (await estate.organization()).id
    await expect(sql(estate.house.superuserUrl, [
      'begin', 'alter table bss.organization disable trigger user', `update bss.organization set status = 'exported', legal_hold = true where organization_id = '${id}'`,
      'alter table bss.organization enable trigger user', `update bss.organization set status = 'erased' where organization_id = '${id}'`,
    ])).rejects.toThrow('legal hold')
  })
})

describe('the own organization', () => {
  it('is renamed against the version that was read', async () => {
    const { admin } = await estate.organization()
    const before = await admin.getMyOrganization()
    const after = await admin.updateMyOrganization({ ifMatch: before.rowVersion, body: { name: 'Another name' } })
    expect(after).toMatchObject({ name: 'Another name', rowVersion: before.rowVersion + 1 })
    expect(await admin.getMyOrganization()).toEqual(after)
  })
  it('refuses bad input, an outdated version, and a role without the right', async () => {
    const { admin, as } = await estate.organization()
    await expect(admin.updateMyOrganization({ ifMatch: 1, body: { name: '' } })).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/name' }] })
    await expect(estate.stranger.getMyOrganization()).rejects.toMatchObject({ status: 401 })
    await expect((await as('planner')).updateMyOrganization({ ifMatch: 1, body: { name: 'Mine' } })).rejects.toMatchObject({ status: 403 })
    await expect(admin.updateMyOrganization({ ifMatch: 99, body: { name: 'Late' } })).rejects.toMatchObject({ status: 412, code: 'stale' })
    const { rowVersion } = await admin.getMyOrganization()
    const response = await fetch(`${estate.urls[0]}/api/v1/organization`, { method: 'PATCH', headers: { authorization: `Bearer ${admin.token}`, 'content-type': 'application/json', 'if-match': `"${rowVersion}"` }, body: JSON.stringify({ name: 'X', plan: 'enterprise' }) })
    expect(response.status).toBe(400)
    expect(await fetch(pathOf(newId())).then((answer) => answer.status)).toBe(401)
  })
})
