import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import Type from 'typebox'
import { defineApi, type Operation } from '../../../kernel/contract.ts'
import { closed } from '../closed.ts'
import { curlOf } from '../docs.ts'
import { describeApi, openApiOf } from '../openapi.ts'
import { implement } from '../route.ts'
import { notesApi, openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.stop())

describe('OpenAPI', () => {
  it('every operation is there with its name, permission, parameters and problems; the same contracts give the same text', async () => {
    const text = await (await world.get('/openapi.json', {})).text()
    const description = JSON.parse(text) as { openapi: string; paths: Record<string, Record<string, Record<string, unknown>>>; components: { schemas: Record<string, unknown> } }
    expect(text).toBe(JSON.stringify(openApiOf(describeApi('notes', notesApi), { title: 'Blue Ship Sync', version: '0.1.0' })))
    expect(description.openapi).toBe('3.1.0')
    const operations = Object.values(description.paths).flatMap((path) => Object.values(path))
    expect(operations.map((operation) => String(operation['operationId'])).toSorted()).toEqual(Object.keys(notesApi).map((name) => `notes.${name}`).toSorted())
    const change = description.paths['/api/v1/notes/{noteId}']?.['patch'] ?? {}
    expect(change).toMatchObject({ tags: ['notes'], 'x-permission': ['orders:write'], security: [{ key: [] }] })
    expect((change['parameters'] as { name: string }[]).map(({ name }) => name)).toEqual(['noteId', 'Request-Id', 'Consistency-Token', 'Idempotency-Key', 'If-Match'])
    expect(Object.keys(change['responses'] as object)).toEqual(['200', '400', '401', '403', '409', '412', '413', '415', '422', '428', '429', '500', '503'])
    expect(description.paths['/api/v1/hello']?.['get']).toMatchObject({ security: [], 'x-permission': 'public' })
    expect(Object.keys(description.components.schemas)).toEqual(['Note', 'Problem'])
    expect(text).not.toContain('"~')
    for (const reference of text.matchAll(/"#\/components\/(\w+)\/([\w-]+)"/g)) expect(description.components).toHaveProperty([reference[1] ?? '', reference[2] ?? ''])
  })
})

describe('the reference', () => {
  it('shows every operation and problem, runs no script and has no inline style', async () => {
    const response = await world.get('/docs', {})
    const page = await response.text()
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'")
    expect(/<script|<style| style=| on\w+=/.test(page)).toBe(false)
    for (const name of Object.keys(notesApi)) expect(page).toContain(`id="notes.${name}"`)
    expect(page).toContain('id="problem-rate_limited"')
    expect((await world.get('/docs/docs.css', {})).headers.get('content-type')).toContain('text/css')
  })
  it('every operation has a call to paste', () => {
    expect(curlOf(notesApi.writeNote)).toBe('curl -X POST "$BSS_URL/api/v1/notes" \\\n  -H "Authorization: Bearer $BSS_KEY" \\\n  -H "Idempotency-Key: $(uuidgen)" \\\n  -H \'Content-Type: application/json\' \\\n  --data-binary \'{"text":"Hello"}\'')
  })
})

describe('contracts that contradict themselves are refused at the start', () => {
  const base = { method: 'GET', path: '/a', needs: 'orders:read', summary: 's', status: 200, returns: Type.Object({}), fails: [] } as const satisfies Operation
  for (const [sentence, change] of [
    ['params without a schema', { path: '/a/{aId}' }],
    ['a body of GET', { body: Type.Object({}) }],
    ['lines without a body', { method: 'POST', lines: true }],
    ['a public operation with a required key', { method: 'POST', needs: 'public', idempotencyKey: 'required' }],
    ['a path that is none', { path: '/a//b' }],
  ] as const) {
    it(sentence, () => {
      const api = defineApi({ one: { ...base, ...change } })
      expect(() => implement('a', api, { one: async () => ({}) } as never)).toThrow(/^Contract of a\.one/)
    })
  }
  it('open objects are closed at every depth, an intersection as a whole', () => {
    const schema = closed(Type.Object({ a: Type.Array(Type.Object({ b: Type.Optional(Type.String()) })), c: Type.Intersect([Type.Object({ d: Type.String() }), Type.Object({ e: Type.String() })]), f: Type.Record(Type.String(), Type.Integer()) }))
    expect(schema).toMatchObject({ additionalProperties: false, properties: { a: { items: { additionalProperties: false } }, c: { unevaluatedProperties: false } } })
    expect(JSON.stringify(schema).match(/additionalProperties/g)).toHaveLength(2)
  })
})
