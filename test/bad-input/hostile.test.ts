// Values that a schema lets through and that still hurt careless code: text that means something to SQL, a shell or a terminal,
// days at the end of the calendar, the largest numbers. Each is done whole or refused whole, and is never our fault.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isList } from '../../src/kernel/json.ts'
import { changed, digestOf } from './digest.ts'
import { isDecimal } from './mutants.ts'
import { meant, type Spot, spotsOf, withValue } from './spots.ts'
import { inTurns, OPERATIONS, openStage, send, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
}, 120_000)
afterAll(() => stage.house.close())

const TEXTS = [' ', '\t\r\n', '\u0001', '\u202Etxt', "'; drop table bss.item; --", '../../etc/passwd', '\\', '{"a"', 'infinity', '\uFFFE', '(1,2)']
const WORDS = ['Mars/Phobos', 'posix/UTC', 'ZZ', 'x@y', '0.0.0.0/0', '1.2.3.4/99', '00000000', '4006381333930']
const DAYS = ['1900-01-01', '1900-01-01T00:00:00Z', '2199-12-31', '2199-12-31T23:59:59Z', '9999-12-31', '9999-12-31T23:59:59.999Z', '0001-01-01', '0001-01-01T00:00:00Z', '0000-01-01T00:00:00Z', '2026-06-30T23:59:60Z', '2026-03-01T24:00:00Z', '2026-03-29T02:30:00+14:00', '2026-03-29T02:30:00-23:59', '2024-02-29', '1900-02-28', '2026-03-01T09:30:00.123456789123Z', '2026-03-01t09:30:00z', '2100-02-29']
const DECIMALS = ['0', '-0', '0.0', '0.000001', '0.0000000001', '-1', '-0.000001', '1.0000001', '0.12345678901', '999999999', '999999999.999999', '9999999999', '9999999999.9999999999', '99999999999999', '99999999999999.999999', '999999999999999999', '-99999999999999.999999']
const NUMBERS = [-1, 0, 1, 0.5, 9, 10, 255, 32_767, 32_768, 2_147_483_647, 2_147_483_648, 4_294_967_296, 2 ** 53 - 1, -(2 ** 31)]
const IDS = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '0190a0b0-0000-7000-8000-000000000001', '0190a0b0-0000-4000-8000-000000000001']

function candidates(spot: Spot): readonly unknown[] {
  const schema = meant(spot.schema)
  if (isList(schema['enum'])) return schema['enum']
  const { format } = schema
  switch (schema['type']) {
    case 'string': return format === 'uuid' ? IDS : format === 'date' || format === 'date-time' ? DAYS : isDecimal(schema) ? DECIMALS : [...TEXTS, ...WORDS, 'x'.repeat(typeof schema['maxLength'] === 'number' ? schema['maxLength'] : 40)]
    case 'integer': case 'number': return [...NUMBERS, schema['minimum'], schema['maximum']]
    case 'boolean': return [true, false]
    case 'array': return [[], isList(spot.value) ? [...spot.value, ...spot.value] : []]
    default: return []
  }
}

const WITH_BODY = OPERATIONS.filter(({ operation }) => operation.body !== undefined).map(({ name }) => name)

describe('what the schema lets through is done whole or refused whole', () => {
  it.each(WITH_BODY)('%s', async (name) => {
    const complaints: string[] = []
    const { body, schema, operation } = await stage.ready(name)
    const spots = spotsOf(schema ?? {}, body)
    const tries = spots.flatMap((spot) => [...candidates(spot), null].filter((value) => value !== undefined && spot.validator.Check(value)).map((value) => ({ spot, value })))
    const attempt = async (one: (typeof tries)[number]): Promise<boolean> => {
      const to = await stage.ready(name) // A success before may have changed the version.
      const answer = await send(stage.house, to, JSON.stringify(withValue(to.body, one.spot.path, one.value, spots)))
      if (answer.status < 300) return true
      const told = `${one.spot.pointer} = ${JSON.stringify(one.value).slice(0, 60)}: ${answer.status} ${answer.text.slice(0, 300)}`
      if (answer.status >= 500 || [401, 403].includes(answer.status) || answer.code === '' || answer.text.includes('"code":"internal"')) complaints.push(told)
      return false
    }
    const refusedOf = async (list: typeof tries, atOnce: number): Promise<typeof tries> => {
      const refused: typeof tries = []
      await inTurns(list, atOnce, async (one) => {
        if (!(await attempt(one))) refused.push(one)
      })
      return refused
    }
    // Whoever has an ETag goes alone, so that it is not stale by the time it arrives.
    let refused = await refusedOf(tries, operation.ifMatch === true ? 1 : 4)
    // What was refused is sent again, and nothing must have changed then. What stood in its own way the first time drops out.
    let outcome: { done: number; changed: string[] } = { done: -1, changed: [] }
    for (let turn = 0; turn < 5 && outcome.done !== 0; turn += 1) {
      const before = await digestOf(stage.house.superuserUrl)
      const still = await refusedOf(refused, 1)
      outcome = { done: refused.length - still.length, changed: changed(before, await digestOf(stage.house.superuserUrl)).filter((table) => !(operation.lines === true && table.startsWith('bss.audit_'))) }
      refused = still
    }
    expect([...new Set(complaints)]).toEqual([])
    expect(outcome).toEqual({ done: 0, changed: [] })
  }, 120_000)
})
