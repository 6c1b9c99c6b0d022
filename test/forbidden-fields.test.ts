// Prices, costs and what is about people are in no byte that somebody gets who does not see their class: in no answer, list, export, search,
// trail, or message to a receiver, and they cannot be asked for by sorting, filtering or grouping. Generated from the contracts and from the
// columns of the database, so that a new operation and a new field are tried by themselves.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { heardIn } from './forbidden-fields/canaries.ts'
import { openGround, type Ground, type Person } from './forbidden-fields/ground.ts'
import { isRecord } from '../src/kernel/json.ts'
import { ask, bodyOf, everythingHeard, isReading, mayDo, neededQueries, pathsOf, type Heard } from './forbidden-fields/ways.ts'

let ground: Ground
const heardBy = new Map<string, Promise<readonly Heard[]>>()
/** Everything that a person hears, asked once. */
function allOf(person: Person): Promise<readonly Heard[]> {
  const heard = heardBy.get(person.name) ?? everythingHeard(ground.house.url, person, ground.operations, ground.ids)
  heardBy.set(person.name, heard)
  return heard
}
const forbiddenTo = ({ fieldClasses }: Person) => ground.canaries.filter(({ fieldClass }) => !fieldClasses.has(fieldClass))

beforeAll(async () => {
  ground = await openGround()
}, 120_000)
afterAll(() => ground.close())

describe('every field that not everybody sees', () => {
  it('was planted: each column of money has values, and every step was done', () => {
    expect(ground.failed).toEqual([])
    expect(ground.empty).toEqual([])
    // Short ones would be found by chance.
    expect(ground.canaries.filter(({ forms }) => forms.some((form) => form.length < 9))).toEqual([])
    expect(new Set(ground.canaries.map(({ fieldClass }) => fieldClass))).toEqual(new Set(['price', 'cost', 'pii']))
  })
  it('is to be seen by those who may, each of them', async () => {
    const heard = await allOf(ground.admin)
    expect(heard.filter(({ status }) => status >= 500 || status === 400).map(({ what, status, text }) => `${what} ${status} ${text.slice(-300)}`)).toEqual([])
    const found = new Set(heard.flatMap(({ text }) => heardIn(text, ground.canaries)))
    expect(ground.canaries.filter((canary) => !found.has(canary))).toEqual([])
  }, 120_000)
  it('is in nothing that is heard by somebody who may not, whatever is read, listed, exported or searched', async () => {
    const leaks: string[] = []
    for (const person of ground.poorer) {
      const heard = await allOf(person)
      expect(heard.filter(({ status }) => status < 300).length).toBeGreaterThan(10)
      for (const { what, text } of heard) for (const { fieldClass, where } of heardIn(text, forbiddenTo(person))) leaks.push(`${person.name} hears ${where} (${fieldClass}) from ${what}`)
    }
    expect(leaks).toEqual([])
  }, 240_000)
  it('is in no message to a receiver whose maker may not see it', () => {
    const classesIn = (path: Parameters<Ground['sentTo']>[0]) => [...new Set(heardIn(ground.sentTo(path), ground.canaries).map(({ fieldClass }) => fieldClass))].toSorted()
    expect([classesIn('/all'), classesIn('/no-money'), classesIn('/no-people')]).toEqual([['cost', 'pii', 'price'], ['pii'], ['cost', 'price']])
  })
})

describe('a field that somebody may not see', () => {
  const FIELDS = ['unitPrice', 'unitCost', 'price', 'cost', 'amount', 'total', 'totalMinor', 'worth', 'margin', 'email', 'phone', 'receivedBy'] as const
  it('is refused, and not passed over, as something to sort, filter, group, select or expand by', async () => {
    const [person] = ground.poorer
    if (person === undefined) throw new Error('There is nobody to ask.')
    const wrong: string[] = []
    let asked = 0
    for (const { name, operation } of ground.operations.filter((each) => isReading(each.operation) && mayDo(person, each.operation))) {
      const [path] = pathsOf(operation, ground.ids)
      const [needed = ''] = neededQueries(operation, ground.ids)
      if (path === undefined) throw new Error(`There is nothing to ask ${name} for.`)
      const body = bodyOf(operation, ground.ids)
      const plain = await ask(ground.house.url, person, operation, `${path}?${needed}`, body)
      if (plain.status === 400) wrong.push(`${name} cannot be asked at all: ${plain.text.slice(-200)}`)
      const names = [...FIELDS.flatMap((field) => [[`sort`, field], ['sort', `-${field}`], [`filter[${field}]`, '1']] as const), ...['group', 'fields', 'expand'].map((parameter) => [parameter, 'unitPrice'] as const)]
      await Promise.all(names.map(async ([parameter, value]) => {
        const answer = await ask(ground.house.url, person, operation, `${path}?${needed}${encodeURIComponent(parameter)}=${value}`, body)
        asked += 1
        if (answer.status !== 400 || !answer.text.includes(parameter)) wrong.push(`${name}: ${parameter}=${value} is answered by ${answer.status}`)
      }))
      if (!isRecord(body)) continue
      for (const field of FIELDS) {
        for (const asking of [{ filter: { [field]: '1' } }, { sort: field }, { fields: [field] }]) {
          const answer = await ask(ground.house.url, person, operation, path, { ...body, ...asking })
          if (!/"code":"(?!cursor)/.test(answer.text)) wrong.push(`${name}: ${JSON.stringify(asking)} is not refused: ${answer.text.slice(-200)}`)
        }
      }
    }
    expect(asked).toBeGreaterThan(1_000)
    expect(wrong).toEqual([])
  }, 120_000)
})
