// Mistakes that somebody could make in a contract or a handler, made on purpose: the matrix must notice each. They run in a second
// server on the same database, so that nothing of the product knows of them.
import { isRecord } from '../../kernel/json.ts'
import { Problem } from '../../kernel/problem.ts'
import { openDatabase } from '../../platform/db/database.ts'
import { createServer } from '../../platform/http/server.ts'
import type { Route } from '../../platform/http/route.ts'
import { silentLog } from '../../platform/log/log.ts'
import { partsOf } from '../parts.ts'
import { authenticateWith, routesOf } from '../rooms.ts'
import { runMatrix, type MatrixOptions } from './matrix.ts'

export interface CodeMutant {
  readonly name: string
  /** Changes one route; null when the route is not of the kind that it concerns. */
  readonly change: (route: Route, foreignIds: ReadonlySet<string>) => Route | null
}

const isWrite = (route: Route): boolean => route.permissions.length > 0 && route.operation.method !== 'GET' && route.operation.lines !== true
const isReadOfOne = (route: Route): boolean => route.operation.method === 'GET' && /\{[A-Za-z]+Id\}$/.test(route.operation.path) && !route.name.startsWith('tenancy.')
const isMissing = (error: unknown): boolean => error instanceof Problem && error.code === 'not_found'

/** Changes what is answered when the thing is foreign, as a handler would that knows the difference. */
const onForeign = (answer: () => unknown): CodeMutant['change'] => (route, foreignIds) => {
  if (!isReadOfOne(route)) return null
  const handle: Route['handle'] = async (input) => {
    try {
      return await route.handle(input)
    } catch (error) {
      const ids: unknown[] = isRecord(input.params) ? Object.values(input.params) : []
      if (isMissing(error) && ids.some((id) => typeof id === 'string' && foreignIds.has(id))) return answer()
      throw error
    }
  }
  return { ...route, handle }
}
const refuse = (problem: () => Problem) => (): never => {
  throw problem()
}

export const CODE_MUTANTS: readonly CodeMutant[] = [
  { name: 'a write needs no permission', change: (route) => (isWrite(route) ? { ...route, permissions: [] } : null) },
  { name: 'a write needs the permission to read', change: (route) => (isWrite(route) && route.permissions.includes('orders:write') ? { ...route, permissions: ['orders:read'] } : null) },
  { name: 'one of several permissions is forgotten', change: (route) => (route.permissions.includes('stock:adjust') ? { ...route, permissions: route.permissions.filter((each) => each !== 'stock:adjust') } : null) },
  { name: 'costs are shown to whoever may see items', change: (route) => (route.name === 'inventory.listItemCosts' ? { ...route, permissions: ['inventory:read'] } : null) },
  { name: 'an operation is public', change: (route) => (isReadOfOne(route) ? { ...route, operation: { ...route.operation, needs: 'public' }, permissions: [] } : null) },
  { name: 'a permission more is asked for', change: (route) => (isReadOfOne(route) ? { ...route, permissions: [...route.permissions, 'finance:read'] } : null) },
  { name: 'a platform operation is open to tenants', change: (route) => (route.name === 'tenancy.listOrganizations' ? { ...route, permissions: ['organization:read'] } : null) },
  { name: 'a foreign thing is forbidden instead of not found', change: onForeign(refuse(() => new Problem('forbidden', 'This belongs to another organization.'))) },
  { name: 'a foreign thing is not found in other words', change: onForeign(refuse(() => new Problem('not_found', 'There is no such thing here.'))) },
  { name: 'a foreign thing is a conflict', change: onForeign(refuse(() => new Problem('conflict', 'Somebody else has that.'))) },
  { name: 'a foreign thing breaks the service', change: onForeign(() => { throw new TypeError('undefined is not a function') }) },
  { name: 'a missing thing is answered like an empty one', change: onForeign(() => ({})) },
]

export interface CodeMutantFate {
  readonly mutant: string
  readonly killedBy: string | null
}

/** Runs every mutant against the matrix of the one operation that it changes. */
export async function mutateCode(on: { readonly primaryUrl: string; readonly secret: Uint8Array }, options: MatrixOptions): Promise<CodeMutantFate[]> {
  const database = openDatabase({ ...on, replicaUrls: [], role: 'bss_app', poolSize: 4 })
  const foreignIds = new Set(options.foreign.values())
  const fates: CodeMutantFate[] = []
  try {
    const routes = routesOf(partsOf(database, on.secret))
    for (const { name, change } of CODE_MUTANTS) {
      const victim = routes.map((route) => ({ route, changed: change(route, foreignIds) })).find(({ changed }) => changed !== null)
      if (victim?.changed === undefined || victim.changed === null) throw new Error(`There is no operation for the mutant: ${name}`)
      const { changed } = victim
      const faults = await faultsWith(database, routes.map((route) => (route === victim.route ? changed : route)), { ...options, operations: options.operations.filter((each) => each.name === changed.name) })
      fates.push({ mutant: `${name} (${changed.name})`, killedBy: faults[0] ?? null })
    }
  } finally {
    await database.close()
  }
  return fates
}

async function faultsWith(database: ReturnType<typeof openDatabase>, routes: readonly Route[], options: MatrixOptions): Promise<readonly string[]> {
  const clock = { nowMs: () => Date.now() }
  const wide = { perSecond: 100_000, burst: 100_000 }
  const server = createServer({ routes, authenticate: authenticateWith(database, clock), log: silentLog, clock, config: { port: 0, publicRequests: wide, failures: wide }, isReady: () => Promise.resolve([]) })
  const { url } = await server.listen()
  try {
    return (await runMatrix({ ...options, url })).faults
  } finally {
    await server.stop()
  }
}
