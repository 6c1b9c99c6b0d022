// Runs every request of docs/api.md, in order, so that no sentence there grows old unseen.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRecord } from '../src/kernel/json.ts'
import { openHouse, type House } from './setup/house.ts'

interface Step {
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string | null
  readonly status: number
  readonly name: string | null
}
function stepOf(block: string): Step {
  const lines = block.trim().split('\n')
  const [method, path] = (lines[0] ?? '').split(' ')
  const [, status, name] = /^→ (\d{3})(?: as (\w+))?$/.exec(lines.at(-1) ?? '') ?? []
  const rest = lines.slice(1, -1)
  const headers = rest.flatMap((line) => {
    const [, header, value] = /^([A-Z][A-Za-z-]+): (.+)$/.exec(line) ?? []
    return header === undefined || value === undefined ? [] : [[header, value] as const]
  })
  const body = rest.filter((line) => line.startsWith('{')).join('\n')
  if (method === undefined || path === undefined || status === undefined) throw new Error(`Not a request with its status:\n${block}`)
  return { method, path, headers, body: body === '' ? null : body, status: Number(status), name: name ?? null }
}
const guide = readFileSync(new URL('../docs/api.md', import.meta.url), 'utf8')
const steps = guide.split('```http\n').slice(1).map((part) => stepOf(part.split('```')[0] ?? ''))

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

describe('the API guide is true', () => {
  const kept = new Map<string, Readonly<Record<string, unknown>>>()
  const filled = (text: string): string =>
    text.replaceAll(/\{(\w+)\.(\w+)\}/g, (_whole, name: string, field: string) => {
      const value = kept.get(name)?.[field]
      if (typeof value !== 'string' && typeof value !== 'number') throw new Error(`No answer "${name}" has a field ${field}.`)
      return String(value)
    })
  it('has requests', () => expect(steps.length).toBeGreaterThan(12))
  it.each(steps.map((step, index) => [`${index + 1}: ${step.method} ${step.path} → ${step.status}`, step] as const))('%s', async (_title, step) => {
    const answer = await fetch(house.url + filled(step.path), {
      method: step.method,
      headers: [['authorization', `Bearer ${house.acme.keys.tenant_admin}`], ...(step.body === null ? [] : [['content-type', 'application/json']]), ...step.headers.map(([name, value]) => [name, filled(value)])].map(([name, value]) => [name ?? '', value ?? '']),
      body: step.body === null ? null : filled(step.body),
    })
    const text = await answer.text()
    const value: unknown = text === '' ? null : JSON.parse(text)
    if (step.name !== null && isRecord(value)) kept.set(step.name, value)
    const isProblem = isRecord(value) && typeof value['code'] === 'string' && typeof value['requestId'] === 'string'
    expect({ status: answer.status, isProblem, text }).toEqual({ status: step.status, isProblem: step.status >= 400, text })
  })
  it('the same key gives the same answer', () => expect(kept.get('again')).toEqual(kept.get('order')))
})
