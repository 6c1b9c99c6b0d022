// One request as anybody could send it, and everything that comes back.
import type { Operation } from '../../kernel/contract.ts'

export interface Reply {
  readonly status: number
  readonly text: string
  readonly json: unknown
  /** Headers that could tell something, sorted; what differs from request to request by nature is left out. */
  readonly headers: string
  /** Problem code, or what the first line of a stream says. */
  readonly code: string
}
export interface CallOptions {
  readonly url: string
  readonly token: string | null
  readonly operation: Operation
  readonly path: string
  readonly body: unknown
  readonly rowVersion?: number
}

/** Differ by nature: the clock, the request's own id, and how much of the allowance is left. */
const NATURAL = /^(date|request-id|ratelimit.*|consistency-token|connection|keep-alive|server-timing)$/

export async function call({ url, token, operation, path, body, rowVersion }: CallOptions): Promise<Reply> {
  const headers: Record<string, string> = {}
  if (token !== null) headers['authorization'] = `Bearer ${token}`
  if (operation.method !== 'GET' && operation.lines !== true && operation.needs !== 'public') headers['idempotency-key'] = crypto.randomUUID()
  if (operation.ifMatch === true) headers['if-match'] = `"${rowVersion ?? 1}"`
  if (body !== undefined) headers['content-type'] = operation.lines === true ? 'application/x-ndjson' : 'application/json'
  const response = await fetch(url + path, { method: operation.method, headers, ...(body === undefined ? {} : { body: `${JSON.stringify(body)}\n` }) })
  const text = await response.text()
  const requestId = response.headers.get('request-id') ?? ''
  const seen = [...response.headers].filter(([name]) => !NATURAL.test(name)).map(([name, value]) => `${name}: ${value}`).toSorted().join('\n')
  const json = parsed(text)
  return { status: response.status, text: requestId === '' ? text : text.replaceAll(requestId, 'REQUEST'), json, headers: seen, code: codeOf(json) }
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text.split('\n')[0] ?? '')
    return value
  } catch {
    return null
  }
}

function codeOf(json: unknown): string {
  const field = (name: string): unknown => (typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined)
  const code = field('code')
  return typeof code === 'string' ? code : ''
}

/** The version of a thing as its ETag says it; 1 when it cannot be read. */
export async function rowVersionOf(address: string, token: string): Promise<number> {
  const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } })
  await response.arrayBuffer()
  return Number(/\d+/.exec(response.headers.get('etag') ?? '')?.[0] ?? 1)
}
