// A small room and a server for it, in memory: what the tests of this door share.
import Type from 'typebox'
import { clientOf, fetchSender, type FetchSenderOptions } from '../../../kernel/client.ts'
import type { Permission } from '../../../kernel/access.ts'
import { defineApi, type Handlers } from '../../../kernel/contract.ts'
import { idOf, newId, type OrganizationId } from '../../../kernel/ids.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { newKey } from '../../crypto/keys.ts'
import { createLog } from '../../log/log.ts'
import type { HttpConfig } from '../config.ts'
import type { Authenticate, Principal } from '../principals.ts'
import { implement } from '../route.ts'
import { createServer, type Server, type ServerOptions } from '../server.ts'

export const Amount = Type.String({ pattern: '^[0-9]{1,9}$', description: 'Whole number as text' })
const Note = Type.Object({ id: Type.String(), text: Type.String(), rowVersion: Type.Integer() }, { title: 'Note' })
const NotePath = Type.Object({ noteId: Type.String({ format: 'uuid' }) })
const Draft = Type.Object({
  text: Type.String({ minLength: 1, maxLength: 50 }),
  lines: Type.Optional(Type.Array(Type.Object({ sku: Type.String(), quantity: Amount }), { maxItems: 100_000 })),
  target: Type.Optional(Type.Union([
    Type.Object({ kind: Type.Literal('site'), site: Type.String() }),
    Type.Object({ kind: Type.Literal('zone'), zone: Type.Integer() }),
  ])),
  memo: Type.Optional(Type.Union([Type.String({ maxLength: 5 }), Type.Null()])),
  free: Type.Optional(Type.Unknown()),
})

export const notesApi = defineApi({
  ping: { method: 'GET', path: '/api/v1/ping', needs: [], summary: 'Answer at once', status: 200, returns: Type.Object({ ok: Type.Boolean() }), fails: [] },
  listNotes: {
    method: 'GET', path: '/api/v1/notes', needs: 'orders:read', summary: 'List notes', status: 200, fails: [],
    query: Type.Object({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })), isOpen: Type.Optional(Type.Boolean()),
      'filter[status]': Type.Optional(Type.Array(Type.String())), sort: Type.Optional(Type.Unsafe<'name' | 'date'>({ type: 'string', enum: ['name', 'date'] })),
    }),
    returns: Type.Object({ query: Type.Unknown() }),
  },
  getNote: { method: 'GET', path: '/api/v1/notes/{noteId}', needs: 'orders:read', summary: 'Get a note', params: NotePath, status: 200, returns: Note, fails: ['not_found'] },
  writeNote: { method: 'POST', path: '/api/v1/notes', needs: 'orders:write', summary: 'Write a note', body: Draft, status: 201, returns: Type.Object({ seen: Type.Unknown(), facts: Type.Unknown() }), fails: ['conflict'], example: { text: 'Hello' } },
  payNote: { method: 'POST', path: '/api/v1/notes/{noteId}/pay', needs: 'orders:write', summary: 'Pay a note', params: NotePath, idempotencyKey: 'required', status: 200, returns: Type.Object({ key: Type.String(), fingerprint: Type.String() }), fails: [] },
  changeNote: { method: 'PATCH', path: '/api/v1/notes/{noteId}', needs: 'orders:write', summary: 'Change a note', params: NotePath, body: Draft, ifMatch: true, status: 200, returns: Note, fails: ['stale'] },
  deleteNote: { method: 'DELETE', path: '/api/v1/notes/{noteId}', needs: 'orders:write', summary: 'Delete a note', params: NotePath, ifMatch: true, status: 204, returns: Type.Null(), fails: [] },
  loadNotes: { method: 'POST', path: '/api/v1/notes:batch', needs: 'orders:write', summary: 'Load many notes', lines: true, body: Type.Object({ sku: Type.String(), quantity: Amount }), status: 200, returns: Type.Object({ line: Type.Integer(), status: Type.String(), reason: Type.Optional(Type.String()) }), fails: [] },
  leak: { method: 'GET', path: '/api/v1/leak', needs: 'orders:read', summary: 'Answers too much', status: 200, returns: Type.Object({ a: Type.Integer() }), fails: [] },
  crash: { method: 'GET', path: '/api/v1/crash', needs: 'orders:read', summary: 'Is broken', status: 200, returns: Type.Object({}), fails: [] },
  slow: { method: 'GET', path: '/api/v1/slow', needs: 'orders:read', summary: 'Takes its time', status: 200, returns: Type.Object({ ok: Type.Boolean() }), fails: [] },
  manageKeys: { method: 'POST', path: '/api/v1/keys', needs: 'keys:write', summary: 'Hands out authority', status: 204, returns: Type.Null(), fails: [] },
  hello: { method: 'GET', path: '/api/v1/hello', needs: 'public', summary: 'Say hello', status: 200, returns: Type.Object({ hello: Type.String() }), fails: [] },
})

export const NOTE = idOf<'Note'>('0190a0b0-0000-7000-8000-000000000001')
/** Lets a test decide when `slow` answers and see what the stream's handler did. */
export class Stage {
  readonly waiting: (() => void)[] = []
  linesRead = 0
  streamsEnded = 0
  failAtLine = Infinity
  release(): void {
    for (const go of this.waiting.splice(0)) go()
  }
}

export const notesHandlers = (stage: Stage): Handlers<typeof notesApi> => ({
  ping: async () => ({ ok: true }),
  listNotes: async ({ query }) => ({ query }),
  getNote: async ({ ctx, params }) => {
    if (params.noteId !== NOTE) throw notFound('note')
    ctx.facts.outcome.lsn = '0/16B3748'
    return { id: params.noteId, text: ctx.facts.consistency ?? 'none', rowVersion: 7 }
  },
  writeNote: async ({ ctx, body }) => {
    if (body.text === 'again') ctx.facts.outcome.isReplayed = true
    if (body.text === 'taken') throw new Problem('conflict', 'There is such a note.', { cause: new Error('secret detail') })
    return { seen: body, facts: { idempotency: ctx.facts.idempotency, operation: ctx.facts.operation, requestId: ctx.facts.requestId } }
  },
  payNote: async ({ ctx }) => ({ key: ctx.facts.idempotency?.key ?? '', fingerprint: ctx.facts.idempotency?.fingerprint ?? '' }),
  changeNote: async ({ params, body, expectedVersion }) => ({ id: params.noteId, text: body.text, rowVersion: expectedVersion + 1 }),
  deleteNote: async () => null,
  async *loadNotes({ lines }) {
    try {
      for await (const line of lines) {
        stage.linesRead += 1
        if (line.line === stage.failAtLine) throw new Error('broken in the middle')
        yield 'value' in line ? { line: line.line, status: 'ok' } : { line: line.line, status: 'refused', reason: `${line.refused.code} ${line.refused.pointer} ${line.refused.message}` }
      }
    } finally {
      stage.streamsEnded += 1
    }
  },
  leak: async () => ({ a: 1, cost: '9.99' }),
  crash: async () => {
    throw new Error('outer secret', { cause: new Error('inner secret') })
  },
  slow: () => new Promise((resolve) => stage.waiting.push(() => resolve({ ok: true }))),
  manageKeys: async () => null,
  hello: async () => ({ hello: 'world' }),
})

export interface World {
  readonly server: Server
  readonly url: string
  readonly port: number
  readonly stage: Stage
  readonly logs: string[]
  readonly key: string
  readonly now: { ms: number }
  readonly lookUps: () => number
  /** A key of a new principal; of a new organization unless one is given. */
  addKey(change?: Partial<Principal>): string
  removeKey(key: string): void
  client(options?: Partial<FetchSenderOptions>): ReturnType<typeof clientOf<typeof notesApi>>
  get(path: string, headers?: Record<string, string>): Promise<Response>
  send(method: string, path: string, body: string | Uint8Array<ArrayBuffer> | null, headers?: Record<string, string>): Promise<Response>
  stop(): Promise<void>
}

const permissions = new Set<Permission>(['orders:read', 'orders:write', 'keys:write'])

export async function openWorld(config: Partial<HttpConfig> = {}, options: Partial<ServerOptions> = {}): Promise<World> {
  const stage = new Stage()
  const logs: string[] = []
  const now = { ms: Date.now() }
  const keys = new Map<string, Principal>()
  let lookUps = 0
  const authenticate: Authenticate = async ({ token }) => {
    lookUps += 1
    await new Promise((resolve) => setTimeout(resolve, 5))
    return keys.get(token) ?? null
  }
  const addKey = (change: Partial<Principal> = {}): string => {
    const key = newKey('test')
    keys.set(key, {
      organizationId: newId<'Organization'>() satisfies OrganizationId, actor: { kind: 'service', id: newId(), name: 'Test' }, role: 'planner', permissions, fieldClasses: new Set(), sites: null, session: null, credentialId: newId(),
      limits: { requestsPerSecond: 1_000_000, burst: 10_000_000, concurrentRequests: 1_000 }, expiresAtMs: null, ...change,
    })
    return key
  }
  const key = addKey()
  const server = createServer({
    routes: implement('notes', notesApi, notesHandlers(stage)), authenticate, isReady: async () => [{ name: 'database', isOk: true }],
    log: createLog('info', { write: (line) => void logs.push(line) }), clock: { nowMs: () => now.ms }, config: { ...config }, ...options,
  })
  const { url, port } = await server.listen()
  const auth = { authorization: `Bearer ${key}` }
  return {
    server, url, port, stage, logs, key, now, lookUps: () => lookUps, addKey, removeKey: (old) => void keys.delete(old),
    client: (sender = {}) => clientOf(notesApi, fetchSender({ baseUrl: url, token: key, ...sender })),
    get: (path, headers = auth) => fetch(url + path, { headers }),
    send: (method, path, body, headers = {}) => {
      const init: RequestInit = { method, headers: { ...auth, ...(body === null ? {} : { 'content-type': 'application/json' }), ...headers } }
      return fetch(url + path, body === null ? init : { ...init, body })
    },
    stop: () => server.stop(),
  }
}
