// Where the server is and which key opens it: options first, then the environment, then what `npm start` left in the data folder.
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ApiError, fetchSender, type FetchSenderOptions, type Sender } from '../kernel/client.ts'
import { isList, isRecord } from '../kernel/json.ts'
import { CliError, EXIT, usageError } from './exit.ts'
import { nearest } from './nearest.ts'
import type { World } from './world.ts'

export interface ConnectionOptions {
  readonly url?: string | undefined
  readonly key?: string | undefined
  readonly organization?: string | undefined
  readonly role?: string | undefined
}
export interface Connection {
  readonly url: string
  readonly key: string | null
  /** Where both came from, for people. */
  readonly from: string
  readonly sender: Sender
}
interface DemoOrganization {
  readonly slug: string
  readonly keys: Readonly<Record<string, string>>
}
export interface Demo {
  readonly path: string
  readonly baseUrl: string
  readonly operatorKey: string | null
  readonly organizations: readonly DemoOrganization[]
}

const DEFAULT_URL = 'http://127.0.0.1:8080'
const DEFAULT_ROLE = 'tenant_admin'
export const OPERATOR = 'operator'

export const dataFolderOf = (world: World): string => resolve(world.folder, world.env['BSS_DATA'] ?? '.bss')

/** What `npm start` wrote down, or null when there is no such file. */
export async function readDemo(world: World): Promise<Demo | null> {
  const path = join(dataFolderOf(world), 'demo.json')
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return demoOf(path, JSON.parse(text))
  } catch (error) {
    throw new CliError(EXIT.failed, `${path} cannot be read.`, '`npm start` writes it anew.', error)
  }
}

function demoOf(path: string, value: unknown): Demo {
  if (!isRecord(value) || typeof value['baseUrl'] !== 'string') throw new TypeError('no baseUrl')
  const organizations = isList(value['organizations']) ? value['organizations'].filter(isRecord) : []
  return {
    path,
    baseUrl: value['baseUrl'],
    operatorKey: typeof value['operatorKey'] === 'string' ? value['operatorKey'] : null,
    organizations: organizations.map(({ slug, keys }) => ({
      slug: typeof slug === 'string' ? slug : '',
      keys: Object.fromEntries(Object.entries(isRecord(keys) ? keys : {}).flatMap(([role, key]) => (typeof key === 'string' ? [[role, key] as const] : []))),
    })),
  }
}

/** Finds server and key. `asOperator`: the operation belongs to the platform, not to an organization. */
export async function connect(world: World, options: ConnectionOptions, asOperator: boolean, sending: Partial<FetchSenderOptions> = {}): Promise<Connection> {
  const isNamed = options.organization !== undefined || options.role !== undefined
  const given = options.key ?? (isNamed ? undefined : world.env['BSS_KEY'])
  const demo = given !== undefined && (options.url ?? world.env['BSS_URL']) !== undefined ? null : await readDemo(world)
  const url = (options.url ?? world.env['BSS_URL'] ?? demo?.baseUrl ?? DEFAULT_URL).replace(/\/+$/, '')
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw usageError(`"${url}" is not an http:// or https:// address.`)
  const found = given !== undefined ? { key: given, from: options.key === undefined ? 'BSS_KEY' : '--key' } : demoKey(demo, options, asOperator)
  const sender = naming(url, fetchSender({ baseUrl: url, token: found.key, signal: world.signal, ...sending }))
  return { url, key: found.key, from: found.from, sender }
}

function demoKey(demo: Demo | null, options: ConnectionOptions, asOperator: boolean): { key: string | null; from: string } {
  if (demo === null) {
    if (options.organization !== undefined || options.role !== undefined) {
      throw usageError('--organization and --role pick a key from demo.json in the data folder, and there is none.', 'Start the demo with `npm start`, name its folder with BSS_DATA, or give a key with --key or BSS_KEY.')
    }
    return { key: null, from: 'nowhere' }
  }
  if (options.role === OPERATOR || options.role === 'global_admin' || (asOperator && options.role === undefined)) return { key: demo.operatorKey, from: `${demo.path} (operator)` }
  const slugs = demo.organizations.map(({ slug }) => slug)
  const organization = options.organization === undefined ? demo.organizations[0] : demo.organizations.find(({ slug }) => slug === options.organization)
  if (organization === undefined) {
    const meant = nearest(options.organization ?? '', slugs)
    throw usageError(`demo.json has no organization "${options.organization ?? ''}".`, meant === null ? `It has ${slugs.join(', ')}.` : `Did you mean ${meant}?`)
  }
  const role = options.role ?? DEFAULT_ROLE
  const key = organization.keys[role]
  if (key === undefined) throw usageError(`demo.json has no key for the role "${role}" in ${organization.slug}.`, `It has ${Object.keys(organization.keys).join(', ')}.`)
  return { key, from: `${demo.path} (${organization.slug}, ${role})` }
}

/** Which server did not answer is what a person asks first. */
function naming(url: string, sender: Sender): Sender {
  return async (request) => {
    try {
      return await sender(request)
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 0) throw error
      throw new ApiError({ status: 0, code: error.code, detail: `No server answers at ${url}.`, errors: [], requestId: null, retryAfterSeconds: null }, error.cause)
    }
  }
}
