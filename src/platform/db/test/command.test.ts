import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contextOf, freshDatabase, type FreshDatabase } from '../../../../test/setup/database.ts'
import type { Ctx } from '../../../kernel/access.ts'
import { newId, type OrganizationId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import type { Command } from '../command.ts'
import * as column from '../row.ts'
import { read, write } from '../statement.ts'

// A thing of the platform's own tables, so that the door is tested without any room: an event with a payload.
const put = write(
  'events:write',
  `insert into bss.outbox_event (organization_id, id, topic, aggregate_type, aggregate_id, payload, actor_id, request_id)
   select $1, $2::uuid, 'test.put', 'test', $2::uuid, $3::jsonb, $2::uuid, 'r' where $3 <> '0' returning id, payload`,
  { id: column.uuidText, payload: column.json },
)
const rows = read(
  'events:read',
  `select (select count(*) from bss.outbox_event where organization_id = $1 and topic = 'test.put') as things,
          (select count(*) from bss.outbox_event where organization_id = $1 and topic = 'test.happened') as events,
          (select count(*) from bss.audit_entry where organization_id = $1) as entries`,
  { things: column.int, events: column.int, entries: column.int },
)

let house: FreshDatabase
beforeAll(async () => {
  house = await freshDatabase()
})
afterAll(() => house.close())

const caller = (organizationId: OrganizationId, options: { key?: string; fingerprint?: string } = {}): Ctx<'events:write'> => contextOf(organizationId, 'integration', options).need('events:write')
const putting = (id: string, payload: string): Command<'events:write', { id: string; payload: unknown }> => ({
  statement: put,
  params: [id, payload],
  changes: [{ entity: 'thing', id, action: 'put' }],
  events: [{ id: newId(), topic: 'test.happened', aggregate: 'test', aggregateId: id, payload: { id } }],
})
const counted = (organizationId: OrganizationId) => house.database.read(contextOf(organizationId, 'integration').need('events:read'), (tx) => tx.one('row', rows))

describe('a command', () => {
  it('writes the thing, its audit row and its event together', async () => {
    const organization = newId<'Organization'>()
    const id = newId()
    expect(await house.database.command(caller(organization), putting(id, '{"n": 1}'))).toEqual([{ id, payload: { n: 1 } }])
    expect(await counted(organization)).toEqual({ things: 1, events: 1, entries: 1 })
  })

  it('with the same key is done once, and every repetition gets the first answer', async () => {
    const organization = newId<'Organization'>()
    const contexts = Array.from({ length: 20 }, () => caller(organization, { key: 'once' }))
    const answers = await Promise.all(contexts.map((ctx, n) => house.database.command(ctx, putting(newId(), `{"n": ${n}}`))))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(contexts.filter((ctx) => ctx.facts.outcome.isReplayed)).toHaveLength(19)
    expect(await counted(organization)).toEqual({ things: 1, events: 1, entries: 1 })
  })

  it('repeated after it was done gets the first answer, even if the work could not be done a second time', async () => {
    const organization = newId<'Organization'>()
    const id = newId()
    const first = await house.database.command(caller(organization, { key: 'k' }), putting(id, '{"n": 1}'))
    const again = caller(organization, { key: 'k' })
    expect(await house.database.command(again, putting(id, '{"n": 1}'))).toEqual(first)
    expect(again.facts.outcome.isReplayed).toBe(true)
  })

  it('refuses a key that was used with another request, and lets a failed one be tried again', async () => {
    const organization = newId<'Organization'>()
    const id = newId()
    await house.database.command(caller(organization), putting(id, '1'))
    await expect(house.database.command(caller(organization, { key: 'k' }), putting(id, '1'))).rejects.toMatchObject({ code: 'conflict' })
    await house.database.command(caller(organization, { key: 'k' }), putting(newId(), '1'))
    await expect(house.database.command(caller(organization, { key: 'k', fingerprint: 'other' }), putting(newId(), '1'))).rejects.toMatchObject({ code: 'key_reused' })
    expect(await counted(organization)).toEqual({ things: 2, events: 2, entries: 2 })
  })

  it('that fails leaves nothing behind, and does not disturb those sent with it', async () => {
    const organization = newId<'Organization'>()
    const taken = newId()
    const all = await Promise.allSettled([taken, taken, newId(), newId()].map((id) => house.database.command(caller(organization), putting(id, '1'))))
    expect(all.filter((each) => each.status === 'rejected')).toHaveLength(1)
    const refused: { readonly reason?: unknown } | undefined = all.find((each) => each.status === 'rejected')
    expect(refused?.reason).toBeInstanceOf(Problem)
    expect(await counted(organization)).toEqual({ things: 3, events: 3, entries: 3 })
  })
})
