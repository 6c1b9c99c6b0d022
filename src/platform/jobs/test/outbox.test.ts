import Type from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contextOf, freshDatabase, type FreshDatabase } from '../../../../test/setup/database.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { defineEvent } from '../../../kernel/event.ts'
import { newId, type OrganizationId } from '../../../kernel/ids.ts'
import { openDatabase, type Database } from '../../db/database.ts'
import { silentLog } from '../../log/log.ts'
import { ATTEMPTS_MAX } from '../deliver.ts'
import { createOutbox } from '../outbox.ts'
import { reaction, reactionToMany } from '../reaction.ts'
import { startWorker } from '../worker.ts'

const counted = defineEvent('thing.counted', 'thing', Type.Object({ n: Type.Integer() }))

let house: FreshDatabase
let worker: Database
beforeAll(async () => {
  house = await freshDatabase()
  worker = openDatabase({ primaryUrl: house.primaryUrl, replicaUrls: [], secret: house.secret, role: 'bss_worker', poolSize: 4, lanes: 1 })
})
afterAll(async () => {
  await worker.close()
  await house.close()
})

/** Records events, one transaction each. */
async function happen(organizationId: OrganizationId, aggregateId: string, numbers: readonly number[]): Promise<void> {
  for (const n of numbers) {
    await house.database.write(contextOf(organizationId, 'integration'), (tx) => {
      tx.emit(counted, aggregateId, { n })
      return Promise.resolve(null)
    })
  }
}
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('It did not happen in time.')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
const statuses = async (organizationId: OrganizationId): Promise<string[]> =>
  (await sql(house.superuserUrl, 'select status from bss.outbox_event where organization_id = $1 order by sequence', [organizationId])).map((row) => row[0] ?? '')

describe('the outbox', () => {
  it('delivers each event once and in order per aggregate, with several workers at it', async () => {
    const organizationId = newId<'Organization'>()
    const [a, b] = [newId(), newId()]
    await Promise.all([happen(organizationId, a, [1, 2, 3, 4, 5]), happen(organizationId, b, [1, 2, 3, 4, 5])])
    const seen: { aggregateId: string; n: number }[] = []
    const note = reaction('test.note', counted, (tx, event) => {
      if (tx.organizationId === organizationId) seen.push({ aggregateId: event.aggregateId, n: event.payload.n })
      return Promise.resolve()
    })
    const workers = Array.from({ length: 3 }, () => startWorker({ database: worker, reactions: [note], chores: [], log: silentLog, idleMs: 10 }))
    await until(async () => (await statuses(organizationId)).every((status) => status === 'done'))
    await Promise.all(workers.map((each) => each.stop()))
    for (const id of [a, b]) expect(seen.filter((each) => each.aggregateId === id).map((each) => each.n)).toEqual([1, 2, 3, 4, 5])
  })

  it('sets a poison event aside after some tries, and what stands behind it moves', async () => {
    const organizationId = newId<'Organization'>()
    const thing = newId()
    await happen(organizationId, thing, [13, 14])
    let tries = 0
    const seen: number[] = []
    const fussy = reaction('test.fussy', counted, (tx, event) => {
      if (tx.organizationId !== organizationId) return Promise.resolve()
      if (event.payload.n === 13) {
        tries += 1
        return Promise.reject(new Error('never thirteen'))
      }
      seen.push(event.payload.n)
      return Promise.resolve()
    })
    const running = startWorker({ database: worker, reactions: [fussy], chores: [], log: silentLog, idleMs: 10 })
    await until(() => seen.length > 0)
    await running.stop()
    expect(tries).toBe(ATTEMPTS_MAX)
    expect(await statuses(organizationId)).toEqual(['set_aside', 'done'])
  })

  it('delivers together what can be taken together; a poison event among them is set aside alone', async () => {
    const organizationId = newId<'Organization'>()
    for (const n of [11, 12, 13, 14]) await happen(organizationId, newId(), [n])
    const seen: number[][] = []
    let isFussy = false
    const many = reactionToMany('test.many', counted, (tx, events) => {
      if (tx.organizationId !== organizationId) return Promise.resolve()
      tx.changed({ entity: 'thing', id: '1', action: 'counted' })
      const numbers = events.map(({ payload }) => payload.n)
      if (isFussy && numbers.includes(13)) return Promise.reject(new Error('never thirteen'))
      seen.push(numbers)
      return Promise.resolve()
    })
    const outbox = createOutbox(worker, [many], silentLog)
    expect(await outbox.round()).toBeGreaterThanOrEqual(4)
    expect(seen).toEqual([[11, 12, 13, 14]])
    isFussy = true
    for (const n of [11, 12, 13, 14]) await happen(organizationId, newId(), [n])
    await until(async () => {
      await outbox.round()
      return (await statuses(organizationId)).every((status) => status !== 'pending')
    })
    expect((await statuses(organizationId)).slice(4)).toEqual(['done', 'done', 'set_aside', 'done'])
    expect(seen.slice(1)).toEqual([[11], [12], [14]])
    // What was undone left no audit row either: one for the four together, one for each of the three.
    const rows = await sql(house.superuserUrl, "select count(*)::text from bss.audit_entry where organization_id = $1 and operation = 'test.many'", [organizationId])
    expect(rows[0]?.[0]).toBe('4')
  })

  it('what a failing reaction did is undone with it', async () => {
    const organizationId = newId<'Organization'>()
    await happen(organizationId, newId(), [1])
    let isFirst = true
    const flaky = reaction('test.flaky', counted, (tx) => {
      tx.changed({ entity: 'thing', id: '1', action: 'counted' })
      if (!isFirst) return Promise.resolve()
      isFirst = false
      return Promise.reject(new Error('once'))
    })
    const outbox = createOutbox(worker, [flaky], silentLog)
    await until(async () => {
      await outbox.round()
      return (await statuses(organizationId)).every((status) => status === 'done')
    })
    const rows = await sql(house.superuserUrl, "select count(*)::text from bss.audit_entry where organization_id = $1 and operation = 'test.flaky'", [organizationId])
    expect(rows[0]?.[0]).toBe('1')
  })

  it('a flood of one organization does not keep another waiting', async () => {
    const [loud, quiet] = [newId<'Organization'>(), newId<'Organization'>()]
    const events = Array.from({ length: 1_000 }, (_, n) => n)
    await house.database.write(contextOf(loud, 'integration'), (tx) => {
      for (const n of events) tx.emit(counted, newId(), { n })
      return Promise.resolve(null)
    })
    await happen(quiet, newId(), [1])
    const order: OrganizationId[] = []
    const note = reaction('test.note', counted, (tx) => {
      order.push(tx.organizationId)
      return Promise.resolve()
    })
    await createOutbox(worker, [note], silentLog).round()
    expect(order.filter((each) => each === quiet)).toHaveLength(1)
    expect(order.filter((each) => each === loud).length).toBeLessThan(1_000)
  })
})
