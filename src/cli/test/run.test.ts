import { createServer, type IncomingMessage, type Server } from 'node:http'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defineApi } from '../../kernel/contract.ts'
import { PageQuery, pageOf } from '../../kernel/page.ts'
import { newKey } from '../../platform/crypto/keys.ts'
import { closed } from '../../platform/http/closed.ts'
import { explain } from '../../platform/http/explain.ts'
import { command } from '../command.ts'
import { EXIT } from '../exit.ts'
import { PROGRAM } from '../program.ts'
import { run, type Program } from '../run.ts'
import { paperWorld } from './paper.ts'

const Boat = Type.Object({ id: Type.String(), name: Type.String(), crew: Type.Integer(), price: Type.Object({ amount: Type.String(), currency: Type.String() }) }, { additionalProperties: false })
const BoatPath = Type.Object({ boatId: Type.String() })
const boatsApi = defineApi({
  listBoats: { method: 'GET', path: '/api/v1/boats', needs: 'orders:read', summary: 'List boats', status: 200, returns: pageOf(Boat), fails: [], query: Type.Object({ ...PageQuery, 'filter[homePort]': Type.Optional(Type.String()), 'filter[isAfloat]': Type.Optional(Type.Boolean()) }) },
  getBoat: { method: 'GET', path: '/api/v1/boats/{boatId}', needs: 'orders:read', summary: 'Get a boat', params: BoatPath, status: 200, returns: Boat, fails: [] },
  buildBoat: {
    method: 'POST', path: '/api/v1/boats', needs: 'orders:write', summary: 'Build a boat', status: 201, returns: Boat, fails: [],
    body: Type.Object({ name: Type.String(), crew: Type.Optional(Type.Integer()), isFast: Type.Optional(Type.Boolean()), kind: Type.Optional(Type.Unsafe<string>({ type: 'string', enum: ['tug', 'ferry'] })), role: Type.Optional(Type.String()), parts: Type.Optional(Type.Array(Type.Object({ sku: Type.String(), quantity: Type.String() }))) }),
  },
  paintBoat: { method: 'PATCH', path: '/api/v1/boats/{boatId}', needs: 'orders:write', summary: 'Paint a boat', params: BoatPath, body: Type.Object({ name: Type.String() }), ifMatch: true, status: 200, returns: Boat, fails: [] },
})
const program: Program = {
  nouns: [{
    noun: 'boats', summary: 'boats', commands: [
      command(boatsApi, 'list', 'listBoats', { columns: ['name', 'crew', 'price'], examples: [{ line: 'boats list', says: 'All boats' }] }),
      command(boatsApi, 'get', 'getBoat', { examples: [] }),
      command(boatsApi, 'build', 'buildBoat', { lists: [{ flag: 'part', property: 'parts', fields: ['sku', 'quantity'] }], examples: [] }),
      command(boatsApi, 'paint', 'paintBoat', { examples: [] }),
    ],
  }],
  handMade: PROGRAM.handMade,
  version: '9.9.9',
}

interface Seen {
  readonly method: string
  readonly url: string
  readonly body: unknown
  readonly headers: IncomingMessage['headers']
}
const seen: Seen[] = []
const boat = (name: string, crew: number): object => ({ id: name, name, crew, price: { amount: '12.50', currency: 'EUR' } })
let server: Server
let url = ''
let folder = ''
const KEY = newKey('test')
const OTHER_KEY = newKey('test')

const ANSWERS: Readonly<Record<string, readonly [status: number, body: object]>> = {
  'GET /api/v1/boats': [200, { items: [boat('Anna', 3), boat('Bertha the \u001B[31mred', 12)], nextCursor: 'two' }],
  'GET /api/v1/boats?after=two': [200, { items: [boat('Clara', 1)], nextCursor: null }],
  'GET /api/v1/boats/one': [200, boat('one', 2)],
  'GET /api/v1/boats/mine': [403, { code: 'forbidden', detail: 'Not yours.' }],
  'GET /api/v1/boats/none': [404, { code: 'not_found', detail: 'There is no such boat.', requestId: 'r-1' }],
  'GET /api/v1/carriers': [200, { items: [{ id: '0190a0b0-0000-7000-8000-000000000002', code: 'PARCEL' }] }],
  'GET /api/v1/waves?limit=200': [200, { items: [{ id: '0190a0b0-0000-7000-8000-000000000003', number: 'WV-000001' }], nextCursor: null }],
  'POST /api/v1/boats': [400, { code: 'bad_request', detail: 'The body is not valid.', errors: [{ pointer: '/name', code: 'type', message: 'Must be text.' }] }],
}

/** A list narrowed to a name finds one thing of that name, whatever it is. */
function named(path: string): readonly [number, object] | undefined {
  const query = new URL(path, 'http://x').searchParams
  const name = query.get('filter[sku]') ?? query.get('filter[code]') ?? query.get('filter[number]') ?? query.get('q') ?? (path.startsWith('/api/v1/platform/organizations?') ? 'acme' : null)
  return name === null ? undefined : [200, { items: name === 'NOBODY' ? [] : [{ id: FOUND, sku: name, code: name, number: name, slug: name }, { id: 'other', sku: `${name}-2`, code: `${name}-2` }], nextCursor: null }]
}
const FOUND = '0190a0b0-0000-7000-8000-000000000001'

async function readAll(request: IncomingMessage): Promise<string> {
  let text = ''
  const chunks: AsyncIterable<Buffer, unknown, unknown> = request
  for await (const chunk of chunks) text += chunk.toString('utf8')
  return text
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bss-cli-'))
  server = createServer((request, response) => {
    void readAll(request).then((text) => {
      const body: unknown = text === '' ? null : JSON.parse(text)
      const name = `${request.method} ${request.url}`
      seen.push({ method: request.method ?? '', url: request.url ?? '', body, headers: request.headers })
      const [status, answer] = ANSWERS[name] ?? named(request.url ?? '') ?? (name.startsWith('GET /api/v1/boats?') ? [200, { items: [], nextCursor: null }] : [200, boat('any', 1)])
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  await writeFile(join(folder, 'demo.json'), JSON.stringify({ baseUrl: url, operatorKey: newKey('test'), organizations: [{ slug: 'acme', name: 'Acme', id: 'x', keys: { tenant_admin: KEY, planner: OTHER_KEY } }] }))
})
afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true, force: true })
})

async function bss(...argv: string[]): Promise<{ code: number; out: string; talk: string }> {
  const world = paperWorld({ env: { BSS_DATA: folder } })
  const code = await run(program, world, argv)
  return { code, out: world.said(), talk: world.talked() }
}

describe('what is typed becomes a call of the contract', () => {
  test('a list is a table on standard output, and what is not data is on standard error', async () => {
    const { code, out, talk } = await bss('boats', 'list')
    expect(out).toBe('NAME                 CREW  PRICE\nAnna                    3  12.50 EUR\nBertha the  [31mred    12  12.50 EUR\n')
    expect(talk).toContain('--after two')
    expect(code).toBe(EXIT.ok)
  })
  test('--all follows the cursors, --json gives an object a line', async () => {
    const { out, talk } = await bss('boats', 'list', '--all', '--json')
    const boats = out.trimEnd().split('\n').map((line): unknown => JSON.parse(line))
    expect(boats).toMatchObject([{ name: 'Anna' }, { name: 'Bertha the \u001B[31mred' }, { name: 'Clara' }])
    expect(talk).toBe('')
  })
  test('filters lose their brackets, texts become numbers and switches where the schema says so', async () => {
    await bss('boats', 'list', '--home-port', 'Kiel', '--limit', '5', '--is-afloat')
    expect(decodeURIComponent(seen.at(-1)?.url ?? '')).toBe('/api/v1/boats?limit=5&filter[homePort]=Kiel&filter[isAfloat]=true')
    await bss('boats', 'list', '--no-is-afloat')
    expect(decodeURIComponent(seen.at(-1)?.url ?? '')).toBe('/api/v1/boats?filter[isAfloat]=false')
  })
  test('a body comes from options, repeated entries and --data; an option named as a global one gets a prefix', async () => {
    await bss('boats', 'build', '--name', 'Dora', '--crew', '4', '--is-fast', '--kind', 'tug', '--with-role', 'flagship', '--part', 'HULL=1', '--part', 'MAST=2', '--data', '{"name":"other","draft":"2.5"}')
    expect(seen.at(-1)?.body).toEqual({ name: 'Dora', crew: 4, isFast: true, kind: 'tug', role: 'flagship', draft: '2.5', parts: [{ sku: 'HULL', quantity: '1' }, { sku: 'MAST', quantity: '2' }] })
  })
  test('a change names the version it was made from', async () => {
    const refused = await bss('boats', 'paint', 'one', '--name', 'Eva')
    expect(refused.code).toBe(EXIT.usage)
    expect(refused.talk).toContain('--row-version')
    await bss('boats', 'paint', 'one', '--name', 'Eva', '--row-version', '7', '--idempotency-key', 'k1')
    expect(seen.at(-1)?.headers).toMatchObject({ 'if-match': '"7"', 'idempotency-key': 'k1' })
  })
  test('a value may begin with a hyphen', async () => {
    await bss('boats', 'list', '--home-port', '-Kiel', '--limit', '5')
    expect(decodeURIComponent(seen.at(-1)?.url ?? '')).toBe('/api/v1/boats?limit=5&filter[homePort]=-Kiel')
  })
  test('one thing is shown field by field', async () => {
    expect((await bss('boats', 'get', 'one')).out).toBe('id     one\nname   one\ncrew   2\nprice  12.50 EUR\n')
  })
})

describe('names instead of ids', () => {
  const world = () => paperWorld({ env: { BSS_URL: url, BSS_KEY: KEY } })
  test('are looked up wherever an id is wanted: in the path, in filters and in the body', async () => {
    await run(PROGRAM, world(), ['stock', 'atp', 'HAM', 'MUG'])
    expect(seen.at(-1)?.url).toBe(`/api/v1/stock/levels/${FOUND}/${FOUND}/promisable`)
    await run(PROGRAM, world(), ['stock', 'levels', '--item-id', 'MUG'])
    expect(decodeURIComponent(seen.at(-1)?.url ?? '')).toBe(`/api/v1/stock/levels?filter[itemId]=${FOUND}`)
    await run(PROGRAM, world(), ['stock', 'adjust', '--site-id', 'HAM', '--reason', 'count', '--line', 'MUG=A-01=-2', '--line', `${FOUND}=A-02=1`])
    expect(seen.at(-1)?.body).toEqual({ siteId: FOUND, reason: 'count', lines: [{ itemId: FOUND, locationId: FOUND, change: '-2' }, { itemId: FOUND, locationId: FOUND, change: '1' }] })
  })
  test('that nothing bears are refused before the command is sent', async () => {
    const paper = world()
    expect(await run(PROGRAM, paper, ['stock', 'atp', 'HAM', 'NOBODY'])).toBe(EXIT.failed)
    expect(paper.talked()).toContain('There is no item "NOBODY".')
    expect(seen.at(-1)?.url).not.toContain('promisable')
  })
})

describe('the key', () => {
  test('is taken from demo.json by organization and role', async () => {
    await bss('boats', 'get', 'one')
    expect(seen.at(-1)?.headers.authorization).toBe(`Bearer ${KEY}`)
    await bss('boats', 'get', 'one', '--role', 'planner')
    expect(seen.at(-1)?.headers.authorization).toBe(`Bearer ${OTHER_KEY}`)
    await bss('boats', 'get', 'one', '--key', 'mine')
    expect(seen.at(-1)?.headers.authorization).toBe('Bearer mine')
  })
  test('of an unknown organization or role is refused with those there are', async () => {
    for (const [option, word, says] of [['--organization', 'acne', 'Did you mean acme?'], ['--role', 'cook', 'tenant_admin, planner']] as const) {
      const { code, talk } = await bss('boats', 'list', option, word)
      expect(code).toBe(EXIT.usage)
      expect(talk).toContain(says)
    }
  })
})

describe('a refusal is a sentence and an exit code, never a stack trace', () => {
  const refusals: readonly [argv: string[], code: number, says: string][] = [
    [['bots', 'list'], EXIT.usage, 'Did you mean `boats`?'],
    [['boats', 'lits'], EXIT.usage, 'Did you mean `list`?'],
    [['boats', 'list', '--limt', '3'], EXIT.usage, 'Did you mean `limit`?'],
    [['boats', 'list', '--limit', 'many'], EXIT.usage, 'must be a whole number'],
    [['boats', 'build', '--kind', 'canoe'], EXIT.usage, 'one of tug, ferry'],
    [['boats', 'build', '--part', 'HULL'], EXIT.usage, 'sku=quantity'],
    [['boats', 'build', '--data', '[1]'], EXIT.usage, 'must be a JSON object'],
    [['boats', 'get'], EXIT.usage, 'boatId is missing'],
    [['boats', 'get', 'one', 'two'], EXIT.usage, 'one word too many'],
    [['boats', 'list', '--url', 'ftp://x'], EXIT.usage, 'is not an http'],
    [['boats', 'get', 'none'], EXIT.failed, 'There is no such boat.'],
    [['boats', 'get', 'mine'], EXIT.notAllowed, 'Not yours.'],
    [['boats', 'build', '--name', 'x'], EXIT.failed, '/name: Must be text. (type)'],
    [['boats', 'list', '--url', 'http://127.0.0.1:1'], EXIT.unreachable, 'No server answers at http://127.0.0.1:1'],
  ]
  for (const [argv, code, says] of refusals) {
    test(argv.join(' '), async () => {
      const { code: found, out, talk } = await bss(...argv)
      expect({ found, out }).toEqual({ found: code, out: '' })
      expect(talk).toContain(says)
      expect(talk).not.toMatch(/\n\s+at /)
    })
  }
  test('Ctrl-C ends with 130', async () => {
    const world = paperWorld({ env: { BSS_DATA: folder } })
    world.stop()
    expect(await run(program, world, ['boats', 'list'])).toBe(EXIT.interrupted)
    expect(world.talked()).toContain('Stopped.')
  })
})

describe('help', () => {
  test('every noun and every verb of the real command explains itself with an example that exists', async () => {
    for (const { noun, commands } of PROGRAM.nouns) {
      for (const { verb, examples } of commands) {
        const world = paperWorld()
        expect(await run(PROGRAM, world, [noun, verb, '--help'])).toBe(EXIT.ok)
        expect(world.said()).toContain(`Usage: bss ${noun} ${verb}`)
        expect([noun, verb, examples.length > 0]).toEqual([noun, verb, true])
        for (const { line } of examples) expect(line).toMatch(new RegExp(`^${noun} ${verb}( |$)`))
      }
    }
    for (const { noun, word, examples } of PROGRAM.handMade) {
      const world = paperWorld()
      const words = noun === undefined ? [word] : [noun, word]
      expect(await run(PROGRAM, world, [...words, '--help'])).toBe(EXIT.ok)
      expect(world.said()).toContain(`bss ${words.join(' ')}`)
      expect([word, examples.length > 0]).toEqual([word, true])
    }
  })
  test('every example of the real command is a call that its contract accepts', async () => {
    for (const { operation, examples } of PROGRAM.nouns.flatMap(({ commands }) => commands)) {
      for (const { line } of examples) {
        const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
        const world = paperWorld({ env: { BSS_URL: url, BSS_KEY: KEY } })
        expect([line, await run(PROGRAM, world, words), world.talked().replace('Nothing found.\n', '')]).toEqual([line, EXIT.ok, ''])
        const body = seen.at(-1)?.body
        const faults = operation.body === undefined || Compile(closed(operation.body)).Check(body) ? [] : explain(closed(operation.body), body)
        expect([line, faults]).toEqual([line, []])
      }
    }
  })
})
