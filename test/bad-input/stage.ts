// Operations with everything they need to succeed, so that only the one wrong thing can be the reason of a refusal.
import { neededPermissions, type Operation } from '../../src/kernel/contract.ts'
import { ROLES, type RoleName } from '../../src/kernel/access.ts'
import { isList, isRecord } from '../../src/kernel/json.ts'
import { operationsOf, type MatrixOptions } from '../../src/app/access-matrix/matrix.ts'
import { rowVersionOf } from '../../src/app/access-matrix/call.ts'
import { filled, pathOf, renamed } from '../../src/app/access-matrix/planted.ts'
import { prepareMatrix } from '../../src/app/access-matrix/prepare.ts'
import { CONTRACTS } from '../../src/app/rooms.ts'
import { closed } from '../../src/platform/http/closed.ts'
import { openHouse, type House } from '../setup/house.ts'
import type { Schema } from './spots.ts'

export interface Ready {
  readonly name: string
  readonly operation: Operation
  readonly path: string
  readonly token: string
  readonly body: unknown
  readonly schema: Schema | null
  readonly headers: Readonly<Record<string, string>>
}
export interface Stage {
  readonly house: House
  readonly things: MatrixOptions['own']
  /** The operation with a valid path, body, key and ETag as of now. */
  ready(name: string): Promise<Ready>
}
export const OPERATIONS = operationsOf(CONTRACTS)

/** A house with one thing of each kind in its first organization. */
export async function openStage(): Promise<Stage> {
  const house = await openHouse({ http: { overloadLagMs: 60_000 } })
  const { options, failed } = await prepareMatrix({ url: house.url, operatorKey: house.operatorKey, own: house.acme, foreign: house.globex, superuserUrl: house.superuserUrl })
  if (failed.length > 0) throw new Error(failed.join('\n'))
  let fresh = 0
  const ready = async (name: string): Promise<Ready> => {
    const operation = OPERATIONS.find((each) => each.name === name)?.operation
    if (operation === undefined) throw new Error(`There is no operation ${name}.`)
    const path = pathOf(operation.path, new Map([['unit', 'BX'], ...options.own]))
    const token = tokenFor(operation, options)
    const example = filled(operation.example, options.own)
    fresh += 1
    const body = (operation.status === 201 || operation.lines === true) && isRecord(example) ? renamed(example, (value) => `${value}-${fresh}`) : example
    const headers: Record<string, string> = {}
    if (operation.ifMatch === true) headers['if-match'] = `"${await rowVersionOf(house.url + path, token)}"`
    return { name, operation, path, token, body, headers, schema: operation.body === undefined ? null : closed(operation.body) }
  }
  return { house, things: options.own, ready }
}

function tokenFor(operation: Operation, options: MatrixOptions): string {
  const may = (role: RoleName): boolean => neededPermissions(operation).every((permission) => ROLES[role].permissions.some((each) => each === permission))
  const able = options.callers.filter(({ role }) => may(role))
  return (able.find(({ name }) => name === 'tenant_admin' || name === 'global_admin') ?? able[0])?.token ?? ''
}

export interface Fault {
  readonly pointer: string
  readonly code: string
}
export interface Answer {
  readonly status: number
  readonly type: string
  readonly code: string
  readonly errors: readonly Fault[]
  readonly text: string
}
const word = (record: Readonly<Record<string, unknown>>, name: string): string => (typeof record[name] === 'string' ? record[name] : '')

/** Sends bytes or text as the body. A refused line of a stream is told like a refused request. */
export async function send(house: House, to: Ready, body: string | Uint8Array<ArrayBuffer> | null, headers: Readonly<Record<string, string>> = {}, path = to.path): Promise<Answer> {
  const isLines = to.operation.lines === true
  const all: Record<string, string> = { authorization: `Bearer ${to.token}`, ...to.headers }
  if (body !== null) all['content-type'] = isLines ? 'application/x-ndjson' : 'application/json'
  if (to.operation.method !== 'GET' && !isLines && to.operation.needs !== 'public') all['idempotency-key'] = crypto.randomUUID()
  const ask = (): Promise<Response> => fetch(house.url + path, { method: to.operation.method, headers: { ...all, ...headers }, ...(body === null ? {} : { body }) })
  let response = await ask()
  // The operator's limits cannot be widened: what is refused for its pace is sent again when the answer says so.
  for (let turn = 0; response.status === 429 && turn < 20; turn += 1) {
    await response.arrayBuffer()
    await new Promise((resolve) => setTimeout(resolve, Number(response.headers.get('retry-after')) * 1000))
    response = await ask()
  }
  return answerOf(response.status, response.headers.get('content-type') ?? '', await response.text(), isLines)
}

function answerOf(status: number, type: string, text: string, isLines: boolean): Answer {
  const json: unknown = text === '' ? null : JSON.parse(isLines ? (text.split('\n')[0] ?? '') : text)
  const record = isRecord(json) ? json : {}
  if (isLines && status === 200) {
    const isRefused = word(record, 'code') !== ''
    return { status: isRefused ? 400 : 200, type: 'application/problem+json', code: isRefused ? 'bad_request' : '', errors: [{ pointer: word(record, 'pointer'), code: word(record, 'code') }], text }
  }
  const errors = isList(record['errors']) ? record['errors'].filter(isRecord).map((error) => ({ pointer: word(error, 'pointer'), code: word(error, 'code') })) : []
  return { status, type, code: word(record, 'code'), errors, text }
}

/** Works through a list, a few at a time. */
export async function inTurns<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (const item of rest) await work(item)
  }))
}
