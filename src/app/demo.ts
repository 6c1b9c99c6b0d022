// The demo: two organizations with a key per role, and something to see in them. Made once, through the API; the keys are kept in
// <data>/demo.json, readable by its owner only. When that file is lost, the demo organizations stay and new ones are opened.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createOperatorKey, revokeOperatorKey } from '../domains/identity/index.ts'
import { isList, isRecord } from '../kernel/json.ts'
import { openDatabase, type Database } from '../platform/db/database.ts'
import { fillDemo } from './demo-data.ts'
import { openOrganization } from './people.ts'

export interface DemoOrganization {
  readonly slug: string
  readonly name: string
  readonly id: string
  readonly keys: Readonly<Record<string, string>>
}
export interface Demo {
  readonly file: string
  readonly organizations: readonly DemoOrganization[]
}
export interface DemoOptions {
  readonly url: string
  readonly dataDir: string
  readonly primaryUrl: string
  readonly secret: Uint8Array
  readonly onProgress: (step: string) => void
}
const COMPANIES = [
  { slug: 'acme', name: 'Acme Logistics' },
  { slug: 'globex', name: 'Globex Trading' },
] as const
const OPERATOR = 'demo operator'

const fileIn = (dataDir: string): string => join(dataDir, 'demo.json')

/** The demo made by an earlier start; null when there is none that can be read. */
export function readDemo(dataDir: string): Demo | null {
  const file = fileIn(dataDir)
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (!isRecord(value) || !isList(value['organizations'])) return null
    const organizations = value['organizations'].filter(isRecord).flatMap((entry) => {
      const { slug, name, id, keys } = entry
      if (typeof slug !== 'string' || typeof name !== 'string' || typeof id !== 'string' || !isRecord(keys)) return []
      return [{ slug, name, id, keys: Object.fromEntries(Object.entries(keys).filter((pair): pair is [string, string] => typeof pair[1] === 'string')) }]
    })
    return organizations.length > 0 ? { file, organizations } : null
  } catch {
    return null
  }
}

/** Makes the demo unless an earlier start has made it and its keys still work; keeps demo.json's address up to date. */
export async function prepareDemo(options: DemoOptions): Promise<Demo> {
  const { url, dataDir } = options
  const existing = readDemo(dataDir)
  const key = existing?.organizations[0]?.keys['planner']
  if (existing && key !== undefined && (await works(url, key))) {
    const kept: unknown = JSON.parse(readFileSync(existing.file, 'utf8'))
    if (isRecord(kept) && kept['baseUrl'] !== url) save(dataDir, { ...kept, baseUrl: url })
    return existing
  }
  options.onProgress('demo organizations')
  const database = openDatabase({ primaryUrl: options.primaryUrl, replicaUrls: [], secret: options.secret, role: 'bss_app', poolSize: 2 })
  try {
    return await makeDemo(options, database)
  } finally {
    await database.close()
  }
}

async function makeDemo({ url, dataDir, onProgress }: DemoOptions, database: Database): Promise<Demo> {
  await revokeOperatorKey(database, OPERATOR).catch(() => undefined) // There is none on the first start.
  const { secret: operatorKey } = await createOperatorKey(database, { name: OPERATOR, expiresInDays: 365 })
  const organizations: DemoOrganization[] = []
  for (const company of COMPANIES) {
    const slug = await freeSlug(url, operatorKey, company.slug)
    organizations.push(await openOrganization({ url, operatorKey, slug, name: company.name }))
  }
  for (const organization of organizations) {
    onProgress(`demo stock and orders of ${organization.name}`)
    await fillDemo({ url, keys: organization.keys })
  }
  return save(dataDir, { baseUrl: url, operatorKey, organizations })
}

function save(dataDir: string, content: Readonly<Record<string, unknown>>): Demo {
  mkdirSync(dataDir, { recursive: true }) // With an external database nobody needed the folder before.
  writeFileSync(fileIn(dataDir), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  const demo = readDemo(dataDir)
  if (demo === null) throw new Error(`${fileIn(dataDir)} cannot be read back.`)
  return demo
}

const works = async (url: string, token: string): Promise<boolean> => (await fetch(`${url}/api/v1/whoami`, { headers: { authorization: `Bearer ${token}` } })).ok

/** The slug itself, or the next free `acme-2`, when an earlier demo.json was lost and its organizations are still there. */
async function freeSlug(url: string, operatorKey: string, slug: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/platform/organizations?limit=200`, { headers: { authorization: `Bearer ${operatorKey}` } })
  const body: unknown = await answer.json()
  const taken = new Set(isRecord(body) && isList(body['items']) ? body['items'].filter(isRecord).map((each) => each['slug']) : [])
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? slug : `${slug}-${number}`
    if (!taken.has(candidate)) return candidate
  }
}
