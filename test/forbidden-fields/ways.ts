// Every way out that somebody may take: all that can be read, with all ids, in every order that is offered, page by page; and all that is
// asked for by a body although it changes nothing.
import type { Permission } from '../../src/kernel/access.ts'
import { neededPermissions, type Operation } from '../../src/kernel/contract.ts'
import { isList, isRecord } from '../../src/kernel/json.ts'
import { filled, type NamedOperation } from '../../src/app/access-matrix/planted.ts'

/** `shipmentId` → the ids of all shipments. */
export type Ids = ReadonlyMap<string, readonly string[]>
export interface Reader {
  readonly name: string
  readonly token: string
  readonly permissions: ReadonlySet<Permission>
}
export interface Heard {
  readonly what: string
  readonly status: number
  readonly text: string
}

export const mayDo = ({ permissions }: Reader, { needs, ...rest }: Operation): boolean => needs !== 'public' && neededPermissions({ needs, ...rest }).every((permission) => permissions.has(permission))
/** A GET, or what only reads although it is asked by a body: an export, a search. */
export const isReading = (operation: Operation): boolean => operation.method === 'GET' || (neededPermissions(operation).length > 0 && neededPermissions(operation).every((permission) => permission.endsWith(':read')))

const optionsOf = (schema: unknown): string[] => (isRecord(schema) && isList(schema['enum']) ? schema['enum'].filter((each) => typeof each === 'string') : [])
const fieldsOf = (schema: unknown): Readonly<Record<string, unknown>> => (isRecord(schema) && isRecord(schema['properties']) ? schema['properties'] : {})

/** The paths of an operation with every id that its names stand for. */
export function pathsOf({ path, params }: Operation, ids: Ids): string[] {
  return [...path.matchAll(/\{([A-Za-z]+)\}/g)].reduce<string[]>((paths, [whole, name = '']) => {
    const values = optionsOf(fieldsOf(params)[name])
    return paths.flatMap((each) => (values.length > 0 ? values : (ids.get(name) ?? [])).map((value) => each.replace(whole, encodeURIComponent(value))))
  }, [path])
}
/** What must be asked along: `filter[priceListId]`. */
export function neededQueries({ query }: Operation, ids: Ids): string[] {
  const required = isRecord(query) && isList(query['required']) ? query['required'].map(String) : []
  // Asked about either of two, the contract can require neither.
  if ('userId' in fieldsOf(query) && 'serviceAccountId' in fieldsOf(query)) required.push('userId')
  return required.reduce<string[]>((queries, name) => queries.flatMap((each) => (ids.get(/\[(.+)\]/.exec(name)?.[1] ?? name) ?? ['']).map((value) => `${each}${encodeURIComponent(name)}=${encodeURIComponent(value)}&`)), [''])
}

/** The example about things that are there. */
export const bodyOf = ({ method, example }: Operation, ids: Ids): unknown =>
  method === 'GET' ? undefined : filled(example ?? {}, new Map([...ids].map(([name, [first = '']]) => [name, first])))

export async function ask(url: string, { token }: Reader, operation: Operation, address: string, body?: unknown): Promise<Heard> {
  const headers: Record<string, string> = { authorization: `Bearer ${token}` }
  if (body !== undefined) headers['content-type'] = operation.lines === true ? 'application/x-ndjson' : 'application/json'
  const answer = await fetch(url + address, { method: operation.method, headers, ...(body === undefined ? {} : { body: `${JSON.stringify(body)}\n` }) })
  const headersSeen = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n')
  return { what: `${operation.method} ${address}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`, status: answer.status, text: `${headersSeen}\n${await answer.text()}` }
}

const cursorIn = (text: string): string | null => {
  const found = /"nextCursor":"([^"]+)"/.exec(text)
  return found?.[1] ?? null
}

/** Everything that the reader hears on every way. */
export async function everythingHeard(url: string, reader: Reader, operations: readonly NamedOperation[], ids: Ids): Promise<Heard[]> {
  const heard: Heard[] = []
  for (const { operation } of operations.filter((each) => isReading(each.operation) && mayDo(reader, each.operation))) {
    const fields = fieldsOf(operation.query)
    const orders = ['', ...['sort', 'order', 'group'].flatMap((name) => optionsOf(fields[name]).map((value) => `${name}=${value}&`))]
    const asked = pathsOf(operation, ids).flatMap((path) => neededQueries(operation, ids).flatMap((needed) => orders.map((order) => `${path}?${needed}${order}${'limit' in fields ? 'limit=100&' : ''}`)))
    await Promise.all(asked.map(async (address) => {
      if (operation.method !== 'GET') {
        for (const body of operation.lines === true ? [{}, bodyOf(operation, ids)] : [bodyOf(operation, ids)]) heard.push(await ask(url, reader, operation, address, body))
        return
      }
      for (let after: string | null = '', page = 0; after !== null && page < 20; page += 1) {
        const answer = await ask(url, reader, operation, `${address}${after === '' ? '' : `after=${encodeURIComponent(after)}`}`)
        heard.push(answer)
        after = 'after' in fields ? cursorIn(answer.text) : null
      }
    }))
  }
  return heard
}
