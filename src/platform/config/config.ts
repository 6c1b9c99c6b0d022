// Settings come from the environment, are read once, and are refused with one sentence each when they make no sense.
import { isIP } from 'node:net'
import { resolve } from 'node:path'

export interface Config {
  readonly host: string
  readonly port: number
  /** By which browsers know this server; null: the address it listens on. */
  readonly publicUrl: string | null
  /** Folder of the embedded database, the secret and demo.json. */
  readonly dataDir: string
  readonly isDemo: boolean
  /** Null: the embedded PostgreSQL is used. */
  readonly databaseUrl: string | null
  readonly replicaUrls: readonly string[]
  /** Given only with an external database; otherwise made once and kept in the data folder. */
  readonly secret: string | null
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Addresses or networks of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[]
  /** Networks of special use (a company's own) to which the service may go for identity providers, metadata and receivers of the trail. */
  readonly outboundNetworks: readonly string[]
}

/** A setting nobody could work with; `message` says which, why and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export const SETTINGS: readonly (readonly [string, string])[] = [
  ['BSS_PORT', 'port of the API (8080)'],
  ['BSS_HOST', 'address to listen on (127.0.0.1)'],
  ['BSS_PUBLIC_URL', 'address browsers use, https://ops.example.com (http:// and the address it listens on)'],
  ['BSS_DATA', 'data folder (./.bss)'],
  ['BSS_DEMO', '0: no demo organizations'],
  ['BSS_SECRET', 'at least 32 characters; seals contexts; needed with DATABASE_URL'],
  ['BSS_LOG', 'debug, info, warn, error or silent (warn)'],
  ['BSS_TRUSTED_PROXIES', 'comma-separated addresses or networks whose X-Forwarded-For is believed'],
  ['BSS_OUTBOUND_NETWORKS', 'comma-separated private networks (10.0.0.0/8) where identity providers and receivers of the audit trail may be'],
  ['DATABASE_URL', 'external PostgreSQL 16 or newer: a role that owns the database and may create roles'],
  ['DATABASE_REPLICA_URLS', 'comma-separated read replicas of it'],
]

/** Reads the settings. Throws ConfigError. */
export function readConfig(env: Readonly<Record<string, string | undefined>>, workingDir: string = process.cwd()): Config {
  const value = (name: string): string | null => {
    const text = env[name]?.trim()
    return text === undefined || text === '' ? null : text
  }
  const databaseUrl = value('DATABASE_URL')
  const secret = value('BSS_SECRET')
  if (databaseUrl !== null) checkDatabase('DATABASE_URL', databaseUrl)
  const replicaUrls = list(value('DATABASE_REPLICA_URLS'))
  for (const url of replicaUrls) checkDatabase('DATABASE_REPLICA_URLS', url)
  if (replicaUrls.length > 0 && databaseUrl === null) throw new ConfigError('DATABASE_REPLICA_URLS is set without DATABASE_URL. Set both, or neither for the embedded PostgreSQL.')
  if (databaseUrl !== null && secret === null) throw new ConfigError('BSS_SECRET is not set. With an external database it must be given (32 random characters or more), and be the same for every process.')
  if (secret !== null && secret.length < 32) throw new ConfigError(`BSS_SECRET has ${secret.length} characters. It needs at least 32.`)
  const isDemo = isOn('BSS_DEMO', value('BSS_DEMO') ?? (databaseUrl === null ? '1' : '0'))
  if (isDemo) refuseDemoInPublic(env['NODE_ENV'], value('BSS_HOST') ?? '127.0.0.1', value('BSS_PUBLIC_URL'))
  return {
    host: host(value('BSS_HOST') ?? '127.0.0.1'),
    port: port(value('BSS_PORT') ?? '8080'),
    publicUrl: publicUrl(value('BSS_PUBLIC_URL')),
    dataDir: resolve(workingDir, value('BSS_DATA') ?? '.bss'),
    isDemo,
    databaseUrl, replicaUrls, secret,
    logLevel: level(value('BSS_LOG') ?? 'warn'),
    trustedProxies: list(value('BSS_TRUSTED_PROXIES')),
    outboundNetworks: networks(list(value('BSS_OUTBOUND_NETWORKS'))),
  }
}

const list = (text: string | null): string[] => (text === null ? [] : text.split(',').map((part) => part.trim()).filter((part) => part !== ''))

function port(text: string): number {
  const number = Number(text)
  if (!/^\d{1,5}$/.test(text) || number > 65_535) throw new ConfigError(`BSS_PORT is "${text}". It must be a number from 0 to 65535 (0 chooses a free one).`)
  return number
}
function host(text: string): string {
  if (isIP(text) === 0 && text !== 'localhost') throw new ConfigError(`BSS_HOST is "${text}". It must be an IP address, such as 127.0.0.1 or 0.0.0.0.`)
  return text
}
/** The demo's people sign in without passwords: it must not be reachable by anybody but who started it. */
function refuseDemoInPublic(environment: string | undefined, host: string, publicUrl: string | null): void {
  const reason = environment === 'production' ? 'NODE_ENV is production'
    : !/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host) ? `BSS_HOST is ${host}`
      : publicUrl?.startsWith('https:') === true ? `BSS_PUBLIC_URL is ${publicUrl}` : null
  if (reason !== null) throw new ConfigError(`${reason}, and the demo is on, whose people sign in without passwords. Set BSS_DEMO=0, or start it on this machine only.`)
}
function networks(all: readonly string[]): readonly string[] {
  const wrong = all.find((each) => !/^[0-9a-fA-F.:]+\/\d{1,3}$/.test(each) || isIP(each.split('/')[0] ?? '') === 0)
  if (wrong !== undefined) throw new ConfigError(`BSS_OUTBOUND_NETWORKS has "${wrong}". Each must be a network such as 10.0.0.0/8.`)
  return all
}
function publicUrl(text: string | null): string | null {
  if (text === null) return null
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw new ConfigError(`BSS_PUBLIC_URL is "${text}". It must be an address without a path, such as https://ops.example.com.`)
  }
  return url.origin
}
function isOn(name: string, text: string): boolean {
  if (text !== '0' && text !== '1') throw new ConfigError(`${name} is "${text}". It must be 0 or 1.`)
  return text === '1'
}
function level(text: string): Config['logLevel'] {
  const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const
  const found = levels.find((name) => name === text)
  if (!found) throw new ConfigError(`BSS_LOG is "${text}". It must be one of ${levels.join(', ')}.`)
  return found
}
function checkDatabase(name: string, text: string): void {
  if (!URL.canParse(text) || !/^postgres(ql)?:$/.test(new URL(text).protocol)) throw new ConfigError(`${name} is not a postgres:// address.`)
}
