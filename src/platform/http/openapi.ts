// OpenAPI 3.1 of the contracts: for other languages, for review, and for the check that nothing breaks unseen.
import type Type from 'typebox'
import { type Api, neededPermissions, type Operation } from '../../kernel/contract.ts'
import { PROBLEMS, type ProblemCode } from '../../kernel/problem.ts'
import { isList, isRecord } from '../../kernel/json.ts'
import { closed } from './closed.ts'
import { sampleOf } from './sample.ts'

/** An operation with its name; a `Route` is one. */
export interface Described {
  readonly room: string
  readonly name: string
  readonly operation: Operation
}
type Json = Record<string, unknown>

/** The operations of a contract without handlers: enough to describe them. */
export const describeApi = (room: string, api: Api): readonly Described[] => Object.entries(api).map(([key, operation]) => ({ room, name: `${room}.${key}`, operation }))

const ref = (kind: string, name: string): Json => ({ $ref: `#/components/${kind}/${name}` })
const NAME = /^[A-Za-z][A-Za-z0-9]*$/

/** Collects schemas that have a name (`$id`, or a title of one word) so that they are written once. */
class Schemas {
  readonly #found = new Map<string, unknown>()

  of(schema: Type.TSchema): unknown {
    return this.#write(closed(schema), new Set())
  }
  part(schema: unknown): unknown {
    return this.#write(schema, new Set())
  }
  sorted(): Json {
    return Object.fromEntries([...this.#found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
  #write(schema: unknown, local: ReadonlySet<string>): unknown {
    if (isList(schema)) return schema.map((part: unknown) => this.#write(part, local))
    if (!isRecord(schema)) return schema
    const definitions = isRecord(schema['$defs']) ? schema['$defs'] : {}
    const names = new Set([...local, ...Object.keys(definitions)])
    for (const [name, part] of Object.entries(definitions)) this.#name(name, this.#fields(part, names))
    const target = schema['$ref']
    if (typeof target === 'string' && names.has(target)) return ref('schemas', target)
    const name = schema['$id'] ?? schema['title']
    if (typeof name !== 'string' || !NAME.test(name)) return this.#fields(schema, names)
    this.#name(name, this.#fields(schema, names))
    return ref('schemas', name)
  }
  #fields(schema: unknown, names: ReadonlySet<string>): unknown {
    if (!isRecord(schema)) return schema
    const out: Json = {}
    for (const [key, part] of Object.entries(schema)) {
      if (key === '$id' || key === '$defs') continue
      out[key] = key === 'properties' && isRecord(part) ? Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, this.#write(inner, names)])) : key === 'default' || key === 'examples' || key === 'const' || key === 'enum' ? part : this.#write(part, names)
    }
    return out
  }
  #name(name: string, schema: unknown): void {
    const before = this.#found.get(name)
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(schema)) throw new Error(`OpenAPI: two different schemas are named ${name}.`)
    this.#found.set(name, schema)
  }
}

/** What every operation can answer besides its own refusals. */
export function problemsOf(operation: Operation): readonly ProblemCode[] {
  const codes = new Set<ProblemCode>([...operation.fails, 'bad_request', 'rate_limited', 'internal', 'unavailable'])
  if (operation.needs !== 'public') codes.add('unauthenticated')
  if (neededPermissions(operation).length > 0) codes.add('forbidden')
  if (operation.body !== undefined) codes.add('too_large').add('unsupported_media_type')
  if (operation.ifMatch === true) codes.add('stale').add('precondition_required')
  if (takesIdempotencyKey(operation)) codes.add('key_reused').add('in_progress')
  return [...codes].toSorted((a, b) => PROBLEMS[a].status - PROBLEMS[b].status || (a < b ? -1 : 1))
}

export const takesIdempotencyKey = (operation: Operation): boolean => operation.method !== 'GET' && operation.lines !== true && operation.needs !== 'public'

const header = (name: string, isRequired: boolean, description: string, schema: Json): Json => ({ name, in: 'header', required: isRequired, description, schema })

function parametersOf(operation: Operation, schemas: Schemas): readonly Json[] {
  const of = (place: 'path' | 'query', object: Type.TObject | undefined): Json[] => {
    const required: readonly string[] = object?.required ?? []
    return Object.entries(object?.properties ?? {}).map(([name, schema]) => ({ name, in: place, required: place === 'path' || required.includes(name), schema: schemas.of(schema) }))
  }
  return [
    ...of('path', operation.params),
    ...of('query', operation.query),
    ...familiesOf(operation.query, schemas),
    header('Request-Id', false, 'An id of your own for this request.', { type: 'string', pattern: '^[A-Za-z0-9._-]{8,64}$' }),
    ...(operation.needs === 'public' ? [] : [header('Consistency-Token', false, 'The token of an earlier answer: what is read is not older.', { type: 'string', pattern: '^[0-9A-F]{1,8}/[0-9A-F]{1,8}$' })]),
    ...(takesIdempotencyKey(operation) ? [header('Idempotency-Key', operation.idempotencyKey === 'required', 'The same key with the same request is done once; the answer is repeated.', { type: 'string', pattern: '^[!-~]{1,255}$' })] : []),
    ...(operation.ifMatch === true ? [header('If-Match', true, 'The ETag of the version you have seen.', { type: 'string', pattern: '^"[0-9]{1,15}"$' })] : []),
  ]
}

/** Families of names: an object of which each field is a parameter of its own. */
function familiesOf(query: Type.TObject | undefined, schemas: Schemas): readonly Json[] {
  const patterns: unknown = query === undefined ? undefined : Reflect.get(query, 'patternProperties')
  if (!isRecord(patterns)) return []
  return [{ name: 'byPattern', in: 'query', required: false, style: 'form', explode: true, description: 'Any parameter whose name fits one of the patterns.', schema: { type: 'object', additionalProperties: false, patternProperties: Object.fromEntries(Object.entries(patterns).map(([pattern, schema]) => [pattern, schemas.part(schema)])) } }]
}

const headerRefs = (names: readonly string[]): Json => Object.fromEntries(names.map((name) => [name, ref('headers', name)]))

function operationOf({ room, name, operation }: Described, schemas: Schemas): Json {
  const mediaType = operation.lines === true ? 'application/x-ndjson' : 'application/json'
  const returns: Json = { schema: schemas.of(operation.returns) }
  const sample = operation.status === 204 ? undefined : sampleOf(closed(operation.returns))
  if (sample !== undefined) returns['example'] = sample
  const hasVersion = isRecord(operation.returns) && isRecord(operation.returns['properties']) && 'rowVersion' in operation.returns['properties']
  const ok: Json = {
    description: operation.summary,
    headers: headerRefs(['Request-Id', ...(operation.needs === 'public' ? [] : ['RateLimit-Policy', 'RateLimit', 'Consistency-Token']), ...(hasVersion ? ['ETag'] : []), ...(operation.nextBy === undefined ? [] : ['Link']), ...(takesIdempotencyKey(operation) ? ['Idempotency-Replayed'] : [])]),
    ...(operation.status === 204 ? {} : { content: { [mediaType]: returns } }),
  }
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of problemsOf(operation)) byStatus.set(PROBLEMS[code].status, [...(byStatus.get(PROBLEMS[code].status) ?? []), code])
  const problems = [...byStatus].map(([status, codes]) => [String(status), {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
    headers: headerRefs(['Request-Id', ...(status === 429 || status === 503 ? ['Retry-After'] : [])]),
    content: { 'application/problem+json': { schema: ref('schemas', 'Problem') } },
  }])
  return {
    operationId: name,
    tags: [room],
    summary: operation.summary,
    security: operation.needs === 'public' ? [] : [{ key: [] }],
    'x-permission': operation.needs === 'public' ? 'public' : neededPermissions(operation),
    parameters: parametersOf(operation, schemas),
    ...(operation.body === undefined ? {} : { requestBody: requestBodyOf(operation, schemas) }),
    responses: { [String(operation.status)]: ok, ...Object.fromEntries(problems) },
  }
}

function requestBodyOf(operation: Operation, schemas: Schemas): Json {
  if (operation.body === undefined) return {}
  const schema = schemas.of(operation.body)
  const sample = operation.example ?? sampleOf(closed(operation.body))
  const example = sample === undefined ? {} : { example: sample }
  const content = operation.lines === true
    ? { 'application/x-ndjson': { schema, ...example }, 'application/json': { schema: { type: 'array', items: schema } } }
    : { 'application/json': { schema, ...example } }
  return { required: true, content }
}

const HEADERS: Json = {
  'Request-Id': { description: 'Names this request in logs and in audit.', schema: { type: 'string' } },
  'RateLimit-Policy': { description: 'Quota `q` per window of `w` seconds, of the organization and of the key.', schema: { type: 'string' } },
  RateLimit: { description: 'Requests left `r`, and seconds until the quota is whole again `t`.', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'integer' } },
  'Consistency-Token': { description: 'Send it back with the next reads to see what this answer has seen.', schema: { type: 'string' } },
  ETag: { description: 'The row version, for `If-Match`.', schema: { type: 'string' } },
  Link: { description: 'On every page but the last: `<address>; rel="next"`, relative to the address that was asked for.', schema: { type: 'string' } },
  'Idempotency-Replayed': { description: '`true`: this answer was kept from the first request with the same key.', schema: { type: 'string' } },
}
const PROBLEM: Json = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(PROBLEMS) }, requestId: { type: 'string' },
    errors: { type: 'array', items: { type: 'object', required: ['pointer', 'code', 'message'], properties: { pointer: { type: 'string' }, code: { type: 'string' }, message: { type: 'string' } } } },
  },
}

/** The description of all operations, the same text for the same contracts. */
export function openApiOf(operations: readonly Described[], info: { readonly title: string; readonly version: string }): Json {
  const schemas = new Schemas()
  const paths: Record<string, Json> = {}
  const sorted = operations.toSorted((a, b) => (a.operation.path === b.operation.path ? (a.operation.method < b.operation.method ? -1 : 1) : a.operation.path < b.operation.path ? -1 : 1))
  for (const described of sorted) (paths[described.operation.path] ??= {})[described.operation.method.toLowerCase()] = operationOf(described, schemas)
  return {
    openapi: '3.1.0',
    info: { title: info.title, version: info.version },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    tags: [...new Set(operations.map(({ room }) => room))].toSorted().map((name) => ({ name })),
    paths,
    components: { schemas: { ...schemas.sorted(), Problem: PROBLEM }, headers: HEADERS, securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A key `bss_live_…` or a session.' } } },
  }
}
