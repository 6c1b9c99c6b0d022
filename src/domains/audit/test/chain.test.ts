import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../../cli/run.ts'
import { PROGRAM } from '../../../cli/program.ts'
import { paperWorld } from '../../../cli/test/paper.ts'
import { plant } from '../../../../test/setup/sql.ts'
import { FIELD_CLASSES } from '../../../kernel/access.ts'
import { faultOf, genesisOf } from '../../../platform/crypto/audit-chain.ts'
import { openDatabase } from '../../../platform/db/database.ts'
import { Wire } from '../../../platform/db/wire.ts'
import { silentLog } from '../../../platform/log/log.ts'
import { startWorker } from '../../../platform/jobs/worker.ts'
import { chainRound } from '../chain/round.ts'
import { auditApi } from '../contract.ts'
import { shownTo } from '../masking.ts'
import { openGrounds, until, type Grounds } from './grounds.ts'

let grounds: Grounds
let folder = ''
beforeAll(async () => {
  grounds = await openGrounds()
  folder = await mkdtemp(join(tmpdir(), 'bss-audit-'))
})
afterAll(async () => {
  await grounds.house.close()
  await rm(folder, { recursive: true })
})

const faults = (organizationId: string, chain: Awaited<ReturnType<Grounds['chain']>>): readonly (string | null)[] => {
  let previous = genesisOf(organizationId)
  return chain.map((entry) => {
    const fault = faultOf(previous, entry)
    previous = entry.hash
    return fault
  })
}

/** Runs `bss` on paper. */
async function bss(...argv: string[]): Promise<{ readonly code: number; readonly said: string; readonly talked: string }> {
  const world = paperWorld({ folder })
  const code = await run(PROGRAM, world, argv)
  return { code, said: world.said(), talked: world.talked() }
}
async function verified(text: string, ...more: string[]): Promise<{ readonly code: number; readonly said: string; readonly talked: string }> {
  await writeFile(join(folder, 'trail.ndjson'), text)
  return bss('audit', 'verify', 'trail.ndjson', ...more)
}

describe('the chain', () => {
  it('grows without gaps under concurrent writers and several workers, and every link holds', async () => {
    const { house } = grounds
    const database = openDatabase({ ...house, role: 'bss_worker', poolSize: 2, lanes: 1 })
    const others = Array.from({ length: 2 }, () => startWorker({ database, reactions: [], chores: [], rounds: [{ ...chainRound, idleMs: 1 }], log: silentLog, idleMs: 10_000 }))
    await Promise.all(Array.from({ length: 60 }, (_, n) => grounds.change(`Concurrent ${n}`)))
    await grounds.chained()
    await Promise.all(others.map((worker) => worker.stop()))
    await database.close()
    const chain = await grounds.chain()
    expect(chain.length).toBeGreaterThan(60)
    expect(chain.map(({ position }) => position)).toEqual(chain.map((_, index) => index + 1))
    expect(new Set(chain.map(({ id }) => id)).size).toBe(chain.length)
    expect(faults(house.acme.id, chain).filter((fault) => fault !== null)).toEqual([])
    const head = await grounds.auditor.getAuditChain()
    expect(head).toMatchObject({ position: chain.length, hash: chain.at(-1)?.hash, lagSeconds: 0 })
  })

  it('leaves out nobody who commits late: what began later waits for it', async () => {
    await grounds.chained()
    const before = await grounds.counts()
    const late = await Wire.connect({ connectionString: grounds.house.superuserUrl })
    const say = (text: string) => late.send([{ name: '', text, params: [] }])
    await say('begin')
    await say(`insert into bss.audit_entry (organization_id, id, actor_kind, actor_id, actor_name, operation, request_id, changes)
      values ('${grounds.house.acme.id}', gen_random_uuid(), 'system', gen_random_uuid(), 'late', 'test.late', 'late', '[]')`)
    await grounds.change('Overtaking')
    await until('the organization is seen to wait', async () => (await grounds.auditor.getAuditChain()).lagSeconds > 0.6)
    expect((await grounds.counts()).links).toBe(before.links)
    await say('commit')
    await late.close()
    await grounds.chained()
    const chain = await grounds.chain()
    expect(chain.slice(before.links).map(({ operation }) => operation)).toEqual(['test.late', 'identity.createServiceAccount'])
    expect(faults(grounds.house.acme.id, chain).filter((fault) => fault !== null)).toEqual([])
  })

  it('is verified offline, and one byte changed in the database is named', async () => {
    await grounds.change('To be tampered with')
    await grounds.chained()
    const chain = await grounds.chain()
    const last = chain.at(-1)
    expect(await verified(await grounds.exported(), '--head', `${last?.position}:${last?.hash}`)).toMatchObject({ code: 0, said: `${chain.length} entries verified. The chain ends at ${last?.position}:${last?.hash}\n` })
    // A superuser can do what nobody else can: switch the triggers off.
    const tamper = async (set: string): Promise<void> => void (await plant(grounds.house.superuserUrl, `do $$ begin set local session_replication_role = replica; update bss.audit_entry set ${set} where id = '${last?.id}'; end $$`))
    await tamper(`changes = jsonb_set(changes, '{0,after,name}', '"To be tampered With"')`)
    expect((await verified(await grounds.exported())).talked).toContain(`position ${last?.position}, entry ${last?.id}: the actor's name or a value of a change`)
    await tamper(`changes = jsonb_set(changes, '{0,after,name}', '"To be tampered with"'), operation = 'identity.createServiceaccount'`)
    const again = await verified(await grounds.exported())
    expect(again.talked).toContain(`position ${last?.position}, entry ${last?.id}: the entry is not what was written`)
    expect(again.code).toBe(1)
    await tamper(`operation = 'identity.createServiceAccount'`)
    expect((await verified(await grounds.exported())).code).toBe(0)
  })

  it('any byte changed in a file, a line removed, moved, added or cut off is found and named', async () => {
    await grounds.chained()
    const text = (await grounds.exported()).split('\n').slice(0, 6).join('\n') + '\n'
    const chain = (await grounds.chain()).slice(0, 5)
    expect((await verified(text)).code).toBe(0)
    const lines = text.split('\n')
    for (let index = 0; index < text.length; index += 17) {
      const wrong = Buffer.from(text)
      wrong.writeUInt8(wrong.readUInt8(index) ^ 1, index)
      await writeFile(join(folder, 'wrong.ndjson'), wrong)
      expect((await bss('audit', 'verify', 'wrong.ndjson')).code).toBe(1)
    }
    const variant = (...order: number[]): string => order.map((n) => `${lines[n]}\n`).join('')
    expect((await verified(variant(0, 1, 2, 4, 5))).talked).toContain(`position 3, entry ${chain[3]?.id}`)
    expect((await verified(variant(0, 1, 3, 2, 4, 5))).talked).toContain(`position 2, entry ${chain[2]?.id}`)
    expect((await verified(variant(0, 1, 2, 2, 3, 4, 5))).talked).toContain(`position 3, entry ${chain[1]?.id}`)
    expect((await verified(variant(0, 1, 2, 3), '--head', `5:${chain[4]?.hash}`)).talked).toContain('cut off at position 3')
    expect((await verified(text, '--head', `5:${chain[3]?.hash}`)).talked).toContain('another hash')
    expect((await verified(text.slice(0, -1))).talked).toContain('not whole')
    expect((await verified('')).talked).toContain('empty')
    expect((await verified(variant(1, 2, 3))).talked).toContain('first line')
    expect((await verified(text.replace(grounds.house.acme.id, grounds.house.globex.id))).talked).toContain('does not begin with its organization')
    expect((await bss('audit', 'verify')).code).toBe(2)
    expect((await bss('audit', 'verify', 'nowhere.ndjson')).talked).toContain('cannot be read')
    expect((await bss('audit', 'verify', 'trail.ndjson', '--head', 'x')).code).toBe(2)
  })

  it('is exported by the command line, whole or from a position on, and the parts fit together', async () => {
    await grounds.chained()
    const connection = ['--url', grounds.house.url, '--key', grounds.house.acme.keys.auditor]
    const whole = await bss('audit', 'export', ...connection)
    const head = /ends at (\d+:[0-9a-f]{64})/.exec(whole.talked)?.[1] ?? ''
    expect((await verified(whole.said, '--head', head)).said).toContain(head)
    const part = await bss('audit', 'export', '--after', '3', ...connection)
    expect((await verified(part.said, '--head', head)).said).toContain(head)
    expect(whole.said.split('\n').slice(4)).toEqual(part.said.split('\n').slice(1))
    expect((await bss('audit', 'export', '--after', '999999', ...connection)).talked).toContain('does not reach')
    expect((await bss('audit', 'export', 'file', ...connection)).code).toBe(2)
    // Whoever may not see every class of fields gets the chain without names and values, and can check it all the same.
    const narrow = await bss('audit', 'export', '--url', grounds.house.url, '--key', grounds.house.acme.keys.tenant_admin)
    expect(narrow.said).not.toContain('Concurrent')
    expect((await verified(narrow.said, '--head', head)).said).toContain('without names and values')
  })
})

describe('erasing', () => {
  it('takes names and values, leaves who, what and when, and the chain holds', async () => {
    const { admin, peek, house } = grounds
    const id = await grounds.change('Erna Mustermann')
    await grounds.chained()
    const body = { reason: 'Request of the person', entity: 'service_account', entityId: id }
    expect(await admin.eraseAuditEntries({ body })).toEqual({ erased: 1, isComplete: true })
    expect(await admin.eraseAuditEntries({ body })).toEqual({ erased: 0, isComplete: true })
    const { items } = await admin.listAuditEntries({ query: { 'filter[entity]': 'service_account', 'filter[entityId]': id } })
    expect(items).toMatchObject([{ isErased: true, operation: 'identity.createServiceAccount', actor: { name: '' }, changes: [{ entity: 'service_account', id, action: 'created' }] }])
    expect(items[0]?.changes[0]).not.toHaveProperty('after')
    expect(JSON.stringify(await peek('select to_jsonb(e) from bss.audit_entry e where organization_id = $1', [house.acme.id]))).not.toContain('Mustermann')
    await grounds.chained()
    const chain = await grounds.chain()
    expect(faults(house.acme.id, chain).filter((fault) => fault !== null)).toEqual([])
    expect(chain.find((entry) => entry.id === items[0]?.id)).toMatchObject({ personal: null, salt: null })
    expect(chain.at(-2)?.operation).toBe('audit.eraseAuditEntries')
    expect(chain.at(-2)?.what).toContain(items[0]?.id ?? 'nothing')
    expect((await verified(await grounds.exported())).said).toContain('1 of them without names and values')
  })
  it('by id reaches only one\'s own; vague wishes and other roles erase nothing', async () => {
    const { admin, house } = grounds
    await grounds.chained()
    const foreign = house.client(auditApi, 'tenant_admin', house.globex)
    const mine = (await admin.listAuditEntries({ query: { limit: 1 } })).items[0] ?? missing()
    expect(await foreign.eraseAuditEntries({ body: { reason: 'not mine', entryIds: [mine.id] } })).toEqual({ erased: 0, isComplete: true })
    const { actor: { id: actorId } } = mine
    for (const wish of [{}, { entityId: 'x' }, { entity: 'order' }, { entity: 'a', entityId: 'b', actorId }, { actorId, entryIds: [mine.id] }]) {
      await expect(admin.eraseAuditEntries({ body: { reason: 'vague', ...wish } })).rejects.toMatchObject({ status: 422 })
    }
    await expect(grounds.auditor.eraseAuditEntries({ body: { reason: 'may not', entity: 'a', entityId: 'b' } })).rejects.toMatchObject({ status: 403 })
    expect((await admin.listAuditEntries({ query: { limit: 1 } })).items[0]).toMatchObject({ isErased: false })
  })
  it('is the only change there is: not even a superuser updates or deletes', async () => {
    const { peek, house } = grounds
    for (const statement of ["update bss.audit_entry set operation = 'x'", "update bss.audit_entry set actor_name = '', salt = '00000000-0000-0000-0000-000000000000'", 'delete from bss.audit_entry', 'update bss.audit_link set position = position + 1', 'delete from bss.audit_link']) {
      await expect(peek(`${statement} where organization_id = $1`, [house.acme.id])).rejects.toThrow('append-only')
    }
  })
})

describe('who sees what', () => {
  it('values of a class that the reader does not have are hidden, also in lists and deep inside', () => {
    const change = { entity: 'price', id: 'p', action: 'set', before: { unitPrice: '1' }, after: { lines: [{ sku: 'A', unitPrice: '2.50', unitCost: '1.10', note: 'call Anna' }], code: 'EU', somethingNew: { deep: 1 } } }
    expect(shownTo(new Set(FIELD_CLASSES), change)).toEqual(change)
    expect(shownTo(new Set(['ops'] as const), change)).toEqual({
      entity: 'price', id: 'p', action: 'set', before: { unitPrice: { hidden: 'price' } },
      after: { lines: [{ sku: 'A', unitPrice: { hidden: 'price' }, unitCost: { hidden: 'cost' }, note: { hidden: 'pii' } }], code: 'EU', somethingNew: { hidden: 'price' } },
    })
    expect(shownTo(new Set(['ops', 'price'] as const), { entity: 'customer', after: { name: 'Anna Ltd', currency: 'EUR' } })).toEqual({ entity: 'customer', after: { name: { hidden: 'pii' }, currency: 'EUR' } })
  })
  it('another organization sees nothing of the chain, and other roles are refused', async () => {
    const { house, admin } = grounds
    const foreign = house.client(auditApi, 'auditor', house.globex)
    const mine = await grounds.chain()
    const theirs = await foreign.listAuditChain({ query: { limit: 200 } })
    expect(theirs.items.filter(({ id }) => mine.some((entry) => entry.id === id))).toEqual([])
    const [first] = mine
    await expect(foreign.getAuditEntry({ params: { entryId: first?.id ?? missing() } })).rejects.toMatchObject({ status: 404 })
    expect(await admin.getAuditEntry({ params: { entryId: first?.id ?? missing() } })).toMatchObject({ position: 1, isErased: false })
    await expect(house.client(auditApi, 'planner').getAuditChain()).rejects.toMatchObject({ status: 403 })
    await expect(house.client(auditApi, 'planner').listAuditChain()).rejects.toMatchObject({ status: 403 })
    await expect(admin.listAuditChain({ query: { after: 'nonsense' } })).rejects.toMatchObject({ status: 400 })
  })
})

function missing(): never {
  throw new Error('There is no entry.')
}
