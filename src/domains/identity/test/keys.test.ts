import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../kernel/ids.ts'
import { isWellFormedKey, keyDigest, newKey } from '../../../platform/crypto/keys.ts'
import { createAuthenticate } from '../index.ts'
import { openEstate, type Clients, type Estate } from '../../tenancy/test/estate.ts'

let estate: Estate
beforeAll(async () => {
  estate = await openEstate(2)
})
afterAll(() => estate.close())

const statusOf = (call: Promise<unknown>): Promise<number> => call.then(() => 200, (error: { status: number }) => error.status)
/** An integration account of a new organization and its admin. */
async function integration(): Promise<{ admin: Clients; serviceAccountId: Awaited<ReturnType<Clients['createServiceAccount']>>['id'] }> {
  const { admin } = await estate.organization()
  return { admin, serviceAccountId: (await admin.createServiceAccount({ body: { name: 'Import', role: 'integration' } })).id }
}

describe('API keys', () => {
  it('are shown once, work, and are listed without their secret', async () => {
    const { admin, serviceAccountId } = await integration()
    const made = await admin.createKey({ body: { serviceAccountId, name: 'Import', scopes: ['orders:read', 'orders:write'] } })
    expect(isWellFormedKey(made.secret ?? '')).toBe(true)
    expect(made).toMatchObject({ kind: 'live', status: 'live', scopes: ['orders:read', 'orders:write'], serviceAccountName: 'Import', prefix: made.secret?.slice(0, 13) })
    expect(Date.parse(made.expiresAt) - Date.parse(made.createdAt)).toBe(90 * 86_400_000)
    expect(await estate.client(made.secret).whoami()).toMatchObject({ role: 'integration', permissions: ['orders:read', 'orders:write'] })
    const { secret, ...rest } = made
    const listed = (await admin.listKeys({ query: { 'filter[serviceAccountId]': serviceAccountId } })).items
    expect(listed.map((key) => key.id)).toEqual([made.id])
    expect({ ...(await admin.getKey({ params: { keyId: made.id } })), lastUsedAt: null }).toEqual(rest)
    expect(JSON.stringify(listed)).not.toContain(secret ?? '?')
  })
  it('leave no secret in the database: not in the key, the audit, the events or the kept answer', async () => {
    const { admin, serviceAccountId } = await integration()
    const made = await admin.createKey({ body: { serviceAccountId, name: 'Secretive' }, idempotencyKey: 'keep-this' })
    const rotated = await admin.rotateKey({ params: { keyId: made.id }, body: {}, idempotencyKey: 'keep-that' })
    const kept = JSON.stringify(await estate.peek(`select to_jsonb(r)::text from bss.idempotency_record r union all select to_jsonb(a)::text from bss.audit_entry a
      union all select to_jsonb(e)::text from bss.outbox_event e union all select to_jsonb(k)::text from bss.api_key k`))
    for (const secret of [made.secret, rotated.secret]) {
      expect(secret).not.toBeNull()
      expect(kept).not.toContain(secret?.slice(13))
    }
    expect(kept).toContain(keyDigest(made.secret ?? ''))
  })
  it('a repeated request with the same Idempotency-Key makes no second key and withholds the secret', async () => {
    const { admin, serviceAccountId } = await integration()
    const body = { serviceAccountId, name: 'Once' }
    const first = await admin.createKey({ body, idempotencyKey: 'once' })
    const second = await admin.createKey({ body, idempotencyKey: 'once' })
    expect(second).toEqual({ ...first, secret: null })
    expect(admin.seen.header('idempotency-replayed')).toBe('true')
    expect((await admin.listKeys({ query: { 'filter[serviceAccountId]': serviceAccountId } })).items).toHaveLength(1)
  })
  it('are refused with pointers when the input is bad', async () => {
    const { admin, serviceAccountId } = await integration()
    const body = { serviceAccountId, name: 'Bad' }
    await expect(admin.createKey({ body: { ...body, expiresInDays: 366 } })).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/expiresInDays' }] })
    await expect(admin.createKey({ body: { ...body, scopes: [] } })).rejects.toMatchObject({ status: 400, errors: [{ pointer: '/scopes' }] })
    await expect(admin.createKey({ body: { ...body, scopes: ['orders:read', 'audit:read'] } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/scopes/1', code: 'not_held' }] })
    for (const cidr of ['10.0.0.0/33', '10.0.0/8', '::1/129', 'example.com', '10.0.0.0/-1', 'fe80::1%eth0', '10.0.0.0/8/8']) {
      await expect(admin.createKey({ body: { ...body, cidrs: ['192.0.2.0/24', cidr] } })).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/cidrs/1', code: 'cidr' }] })
    }
    expect((await admin.listKeys({ query: { 'filter[serviceAccountId]': serviceAccountId } })).items).toEqual([])
  })
  it('are nobody else’s business: strangers 401, other roles 403, and a key without keys:write mints none', async () => {
    const { admin, serviceAccountId } = await integration()
    await expect(estate.stranger.listKeys()).rejects.toMatchObject({ status: 401 })
    const client = estate.client((await admin.createKey({ body: { serviceAccountId, name: 'Import' } })).secret)
    await expect(client.createKey({ body: { serviceAccountId, name: 'Own' } })).rejects.toMatchObject({ status: 403 })
    await expect(client.listKeys()).rejects.toMatchObject({ status: 403 })
  })
  it('a foreign key and a missing one look the same, whatever is done to it', async () => {
    const [ours, theirs] = [await integration(), await integration()]
    const foreign = await theirs.admin.createKey({ body: { serviceAccountId: theirs.serviceAccountId, name: 'Theirs' } })
    const answers = await Promise.all([foreign.id, newId<'ApiKey'>()].map((keyId) => Promise.all(
      [ours.admin.getKey({ params: { keyId } }), ours.admin.rotateKey({ params: { keyId }, body: {} }), ours.admin.revokeKey({ params: { keyId } })]
        .map((call) => call.then(() => null, (error: { status: number; detail: string; errors: unknown }) => ({ status: error.status, detail: error.detail, errors: error.errors }))),
    )))
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.map((answer) => answer?.status)).toEqual([404, 404, 404])
    expect((await ours.admin.listKeys({ query: { 'filter[serviceAccountId]': theirs.serviceAccountId } })).items).toEqual([])
    expect(await statusOf(estate.client(foreign.secret).whoami())).toBe(200)
  })
  it('a revoked key is over at once, on every server, and cannot be revoked or rotated again', async () => {
    const { admin, serviceAccountId } = await integration()
    const made = await admin.createKey({ body: { serviceAccountId, name: 'Short-lived' } })
    const [here, there] = [estate.client(made.secret, 0), estate.client(made.secret, 1)]
    await Promise.all([here.whoami(), there.whoami()])
    expect(await admin.revokeKey({ params: { keyId: made.id } })).toMatchObject({ status: 'revoked' })
    // Well before the poll behind the notification, and long before the sixty seconds for which a caller is remembered.
    await expect.poll(() => statusOf(there.whoami()), { timeout: 900, interval: 5 }).toBe(401)
    await expect.poll(() => statusOf(here.whoami()), { timeout: 900, interval: 5 }).toBe(401)
    await expect(admin.revokeKey({ params: { keyId: made.id } })).rejects.toMatchObject({ status: 409, code: 'illegal_transition' })
    await expect(admin.rotateKey({ params: { keyId: made.id }, body: {} })).rejects.toMatchObject({ status: 409, code: 'illegal_transition' })
  })
  it('rotation with an overlap lets both work, without one ends the old key at once, and keeps kind, scopes and networks', async () => {
    const { admin, serviceAccountId } = await integration()
    const body = { serviceAccountId, name: 'Rotating', kind: 'test', scopes: ['orders:read'], cidrs: ['127.0.0.0/8', '::1'] } as const
    const first = await admin.createKey({ body: { ...body, scopes: [...body.scopes], cidrs: [...body.cidrs] } })
    const second = await admin.rotateKey({ params: { keyId: first.id }, body: { overlapMinutes: 5 } })
    expect(second).toMatchObject({ name: 'Rotating', kind: 'test', scopes: ['orders:read'], cidrs: ['127.0.0.0/8', '::1'], rotatedFromId: first.id })
    expect(second.secret).toMatch(/^bss_test_/)
    const old = await admin.getKey({ params: { keyId: first.id } })
    expect(old.status).toBe('live')
    expect(Date.parse(old.expiresAt) - Date.now()).toBeLessThanOrEqual(300_000)
    await Promise.all([estate.client(first.secret).whoami(), estate.client(second.secret).whoami()])
    const third = await admin.rotateKey({ params: { keyId: second.id }, body: { overlapMinutes: 0 } })
    await expect.poll(() => statusOf(estate.client(second.secret).whoami())).toBe(401)
    await estate.client(third.secret).whoami()
  })
  it('the last key by which a Tenant Admin can enter is not revoked', async () => {
    const { admin } = await estate.organization()
    const [key] = (await admin.listKeys()).items
    if (key === undefined) throw new Error('There is no key.')
    await expect(admin.revokeKey({ params: { keyId: key.id } })).rejects.toMatchObject({ status: 409, errors: [{ code: 'last_admin' }] })
    await admin.createKey({ body: { serviceAccountId: key.serviceAccountId, name: 'Narrow', scopes: ['keys:write'] } })
    await expect(admin.revokeKey({ params: { keyId: key.id } })).rejects.toMatchObject({ status: 409, errors: [{ code: 'last_admin' }] })
    const next = await admin.rotateKey({ params: { keyId: key.id }, body: {} })
    await admin.revokeKey({ params: { keyId: key.id } })
    expect(await statusOf(estate.client(next.secret).whoami())).toBe(200)
  })
  it('note when they were last used, at most once a minute', async () => {
    const { admin, serviceAccountId } = await integration()
    const made = await admin.createKey({ body: { serviceAccountId, name: 'Used' } })
    expect(made.lastUsedAt).toBeNull()
    await estate.house.database.noteCredentialUse(keyDigest(made.secret ?? ''))
    const lastUsed = () => estate.peek('select last_used_at::text from bss.api_key_use where api_key_id = $1', [made.id])
    const first = await lastUsed()
    await expect.poll(async () => (await admin.getKey({ params: { keyId: made.id } })).lastUsedAt).not.toBeNull()
    await estate.house.database.noteCredentialUse(keyDigest(made.secret ?? ''))
    expect(await lastUsed()).toEqual(first)
    expect((await admin.getKey({ params: { keyId: made.id } })).rowVersion).toBe(made.rowVersion)
  })
})

describe('the look-up of a key', () => {
  const at = (ms = 0) => createAuthenticate(estate.house.database, { nowMs: () => Date.now() + ms })
  it('is nothing for an unknown key, an expired one, and one from another network', async () => {
    const { admin, serviceAccountId } = await integration()
    const { secret } = await admin.createKey({ body: { serviceAccountId, name: 'Bound', cidrs: ['192.0.2.0/24', '2001:db8::/32'], expiresInDays: 1 } })
    const token = secret ?? ''
    expect(await at()({ token: newKey('live'), remoteAddress: '192.0.2.1' })).toBeNull()
    for (const remoteAddress of ['192.0.2.1', '::ffff:192.0.2.254', '2001:db8:1::7']) expect(await at()({ token, remoteAddress })).toMatchObject({ role: 'integration' })
    for (const remoteAddress of ['192.0.3.1', '::ffff:198.51.100.1', '2001:db9::1', '', 'unix', '192.0.2.1, 10.0.0.1']) {
      expect({ remoteAddress, found: await at()({ token, remoteAddress }) }).toEqual({ remoteAddress, found: null })
    }
    expect(await at(86_390_000)({ token, remoteAddress: '192.0.2.1' })).not.toBeNull()
    expect(await at(86_410_000)({ token, remoteAddress: '192.0.2.1' })).toBeNull()
  })
  it('a forged X-Forwarded-For does not bring a caller into a network', async () => {
    const { admin, serviceAccountId } = await integration()
    const { secret } = await admin.createKey({ body: { serviceAccountId, name: 'Elsewhere', cidrs: ['203.0.113.0/24'] } })
    const ask = (headers: Record<string, string>) => fetch(`${estate.urls[0]}/api/v1/whoami`, { headers: { authorization: `Bearer ${secret}`, ...headers } }).then((answer) => answer.status)
    expect(await ask({})).toBe(401)
    expect(await ask({ 'x-forwarded-for': '203.0.113.5', forwarded: 'for=203.0.113.5', 'x-real-ip': '203.0.113.5' })).toBe(401)
  })
  it('needs the right to be asked: the reader and the platform’s role cannot, and the table cannot be read without a context', async () => {
    for (const role of ['bss_reader', 'bss_admin']) {
      expect(await estate.peek("select has_function_privilege($1, 'sec.find_credential(bytea)', 'execute')::text", [role])).toEqual([['false']])
    }
    expect(await estate.peek("select has_table_privilege('bss_admin', 'bss.api_key', 'select')::text, has_table_privilege('bss_app', 'platform.operator_key', 'select')::text, has_schema_privilege('bss_app', 'platform', 'usage')::text"))
      .toEqual([['false', 'false', 'false']])
  })
})
