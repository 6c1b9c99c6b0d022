// Every operation with a body × everything that can be wrong with it, from the contracts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changed, digestOf } from './digest.ts'
import { type Mutant, mutantsOf } from './mutants.ts'
import { type Answer, inTurns, OPERATIONS, openStage, send, type Stage } from './stage.ts'

let stage: Stage
let before: ReadonlyMap<string, string>
beforeAll(async () => {
  stage = await openStage()
  before = await digestOf(stage.house.superuserUrl)
}, 120_000)
afterAll(() => stage.house.close())

const short = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text)
const beneath = (pointer: string, at: string): boolean => at === '' || pointer === at || pointer.startsWith(`${at}/`)

/** What is wrong with the answer to a wrong body; null when it is the right one. */
function complaint(mutant: Mutant, answer: Answer): string | null {
  const say = (why: string): string => `${mutant.what}: ${why}\n    ${short(mutant.text)}\n    ${answer.status} ${short(answer.text)}`
  if (answer.status !== 400) return say('is not a 400')
  if (answer.code !== 'bad_request' || !answer.type.startsWith('application/problem+json')) return say('is no problem with its code')
  if (answer.errors.length === 0) return say('names no fault')
  if (!answer.errors.some(({ pointer }) => beneath(pointer, mutant.at))) return say(`does not point at ${mutant.at}`)
  // Where no sample of an object was found, its other fields are missing as well and may be named too.
  const stray = answer.errors.find(({ pointer, code }) => code === '' || (!beneath(pointer, mutant.at) && code !== 'required'))
  if (stray !== undefined) return say(`points at ${stray.pointer} instead of ${mutant.at}`)
  return mutant.code === undefined || answer.errors.some(({ code, pointer }) => code === mutant.code && (mutant.isAnywhere === true || pointer === mutant.at)) ? null : say(`has not the code ${mutant.code} at ${mutant.at}`)
}

const WITH_BODY = OPERATIONS.filter(({ operation }) => operation.body !== undefined).map(({ name }) => name)
const WITHOUT = OPERATIONS.filter(({ operation }) => operation.body === undefined && operation.method !== 'GET').map(({ name }) => name)

describe('every wrong body is a 400 that points at the fault, and changes nothing', () => {
  it.each(WITH_BODY)('%s', async (name) => {
    const to = await stage.ready(name)
    const mutants = mutantsOf(to.schema ?? {}, to.body)
    const complaints: string[] = []
    await inTurns(mutants, 6, async (mutant) => {
      const wrong = complaint(mutant, await send(stage.house, to, mutant.text))
      if (wrong !== null) complaints.push(wrong)
    })
    expect(mutants.length).toBeGreaterThan(20)
    expect(complaints).toEqual([])
  }, 120_000)
})

describe('what is not JSON in UTF-8 of a bounded size', () => {
  it.each([...WITH_BODY, ...WITHOUT])('%s', async (name) => {
    const to = await stage.ready(name)
    const text = to.body === undefined ? '{}' : JSON.stringify(to.body)
    const bytes = new TextEncoder().encode(text)
    const isLines = to.operation.lines === true
    const broken = new Uint8Array([...bytes.slice(0, -1), 0x2c, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])
    const wide = new Uint8Array(Buffer.from(text, 'utf16le'))
    const seen: (readonly [string, number, string])[] = []
    const ask = async (what: string, body: string | Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>> = {}): Promise<void> => {
      const { status, code, errors } = await send(stage.house, to, body, headers)
      seen.push([what, status, errors[0] === undefined ? code : errors[0].code])
    }
    await ask('broken UTF-8', broken)
    await ask('UTF-16', wide)
    await ask('a field of 1 MB', JSON.stringify({ a: 'x'.repeat(1024 * 1024) }))
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml', 'application/json; charset=utf-16', 'application/json, text/plain', 'application/merge-patch+json;q', 'text/json']) {
      await ask(type, bytes, { 'content-type': type })
    }
    for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'identity, gzip']) await ask(encoding, bytes, { 'content-encoding': encoding })
    expect(seen).toEqual([
      ['broken UTF-8', 400, 'utf8'], ['UTF-16', 400, 'json'], ['a field of 1 MB', isLines ? 400 : 413, 'too_large'],
      ...seen.slice(3).map(([what]) => [what, 415, 'unsupported_media_type']),
    ])
  }, 60_000)
})

describe('an operation that takes no body', () => {
  it.each(WITHOUT)('%s refuses one', async (name) => {
    const to = await stage.ready(name)
    for (const text of ['{"organizationId":"0190a0b0-0000-7000-8000-000000000001"}', '[]', '"x"', '{', '1']) {
      expect([text, (await send(stage.house, to, text)).status]).toEqual([text, 400])
    }
  })
})

describe('after all of that', () => {
  it('every table is as it was', async () => expect(changed(before, await digestOf(stage.house.superuserUrl))).toEqual([]))
})
