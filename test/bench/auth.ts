// Coming in: what it costs to know a caller again, to look one up, to sign in by the real redirects, and to answer a directory.
import { createAuthenticate, createOperatorKey } from '../../src/domains/identity/index.ts'
import { scimKeysApi } from '../../src/domains/identity/scim/contract.ts'
import { LOCAL_WAYS, openDemoSignIn } from '../../src/app/demo-sign-in.ts'
import { COMPANIES, type DemoCompany } from '../../src/app/demo-idp/people.ts'
import { Visitor } from '../../src/app/demo-idp/visitor.ts'
import { openOrganization } from '../../src/app/people.ts'
import { startService } from '../../src/app/service.ts'
import { clientOf, fetchSender } from '../../src/kernel/client.ts'
import { Problem } from '../../src/kernel/problem.ts'
import { openDatabase, type Database } from '../../src/platform/db/database.ts'
import { Authentication } from '../../src/platform/http/authenticate.ts'
import { HTTP_DEFAULTS } from '../../src/platform/http/config.ts'
import { Limits } from '../../src/platform/http/limits.ts'
import { Principals } from '../../src/platform/http/principals.ts'
import { silentLog } from '../../src/platform/log/log.ts'
import type { Bench, Benchmark } from './benchmark.ts'
import { quantile, short } from './figures.ts'
import { revoking } from './revocation.ts'

const ADDRESS = '192.0.2.1'
/** Calls that are timed together: one alone is shorter than what the clock can tell. */
const BATCH = 500
/** Of so many requests of a mix one is of a caller who is not remembered: each asks once a second and is remembered for 60 s. */
const LOOKED_UP_EVERY = 60
const VISITORS = 4
const PEOPLE = 150

const nowMs = (): number => Date.now()

interface Recognized {
  readonly rememberedUs: number
  readonly mixedUs: number
  readonly lookUpUs: number
}
/** Microseconds a call: medians of batches of remembered callers, and of batches in which one caller is looked up. */
async function recognizing(database: Database, keys: readonly string[], seconds: number): Promise<Recognized> {
  const principals = new Principals({ authenticate: createAuthenticate(database, { nowMs }), nowMs, ttlMs: 60_000, strangerTtlMs: 5_000, max: 10_000 })
  const authentication = new Authentication(principals, new Limits(HTTP_DEFAULTS, nowMs))
  for (const key of keys) {
    const caller = await authentication.identify(key, ADDRESS, false)
    if (caller instanceof Problem) throw caller
  }
  const batches: number[] = []
  for (const untilMs = performance.now() + seconds * 500; performance.now() < untilMs;) {
    const began = performance.now()
    for (let call = 0; call < BATCH; call++) if (authentication.identify(keys[call % keys.length], ADDRESS, false) instanceof Promise) throw new Error('A remembered caller was looked up.')
    batches.push(((performance.now() - began) * 1000) / BATCH)
  }
  const mixed: number[] = []
  const lookUps: number[] = []
  for (const untilMs = performance.now() + seconds * 1000; performance.now() < untilMs;) {
    principals.forgetAll()
    const began = performance.now()
    for (let call = 0; call < LOOKED_UP_EVERY * keys.length; call++) await authentication.identify(keys[call % keys.length], ADDRESS, false)
    mixed.push(((performance.now() - began) * 1000) / LOOKED_UP_EVERY / keys.length)
    principals.forgetAll()
    const called = performance.now()
    await authentication.identify(keys[mixed.length % keys.length], ADDRESS, false)
    lookUps.push((performance.now() - called) * 1000)
  }
  return { rememberedUs: quantile(batches, 0.5), mixedUs: quantile(mixed, 0.5), lookUpUs: quantile(lookUps, 0.5) }
}

/** One person's whole way: sign-in page, provider, back, and a page that greets them. */
async function signIn(url: string, company: DemoCompany, nth: number): Promise<void> {
  const visitor = new Visitor()
  const person = company.people[nth % company.people.length]
  if (person === undefined) throw new Error('The company has no people.')
  const choice = await visitor.submit(await visitor.go(`${url}/sign-in`), { email: person.email })
  const home = await visitor.submit(choice, { person: person.subject })
  if (home.status !== 200 || !home.html.includes(person.name)) throw new Error(`${person.name} did not come in: ${home.status} at ${home.url}`)
}

async function signInsPerSecond(url: string, company: DemoCompany, seconds: number): Promise<{ readonly perSecond: number; readonly p50Ms: number }> {
  await signIn(url, company, 0)
  const took: number[] = []
  const began = performance.now()
  const untilMs = began + seconds * 1000
  await Promise.all(Array.from({ length: VISITORS }, async (_, nth) => {
    for (; performance.now() < untilMs; nth += VISITORS) {
      const started = performance.now()
      await signIn(url, company, nth)
      took.push(performance.now() - started)
    }
  }))
  return { perSecond: (took.length * 1000) / (performance.now() - began), p50Ms: quantile(took, 0.5) }
}

/** Milliseconds for a page of a hundred people, as a directory asks for it. */
async function pageOfPeople(url: string, adminKey: string, rounds: number): Promise<number> {
  const { secret } = await clientOf(scimKeysApi, fetchSender({ baseUrl: url, token: adminKey })).createScimKey({ body: { name: 'bench' } })
  const headers = { authorization: `Bearer ${secret ?? ''}`, 'content-type': 'application/scim+json' }
  for (let nth = 0; nth < PEOPLE; nth++) {
    const body = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `person${nth}@bench.example`, externalId: `ext-${nth}`, displayName: `Person ${nth}`, emails: [{ value: `person${nth}@bench.example`, type: 'work', primary: true }] }
    const made = await fetch(`${url}/scim/v2/Users`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (made.status !== 201) throw new Error(`Person ${nth} was not made: ${made.status} ${await made.text()}`)
    await made.arrayBuffer()
  }
  const took: number[] = []
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    const answer = await fetch(`${url}/scim/v2/Users?startIndex=1&count=100`, { headers })
    const text = await answer.text()
    took.push(performance.now() - began)
    if (!text.includes('"itemsPerPage":100')) throw new Error(`The page is not one of a hundred people: ${text.slice(0, 200)}`)
  }
  return quantile(took, 0.5)
}

/** A service of its own in this process, with the demo's providers beside it. */
async function overHttp(bench: Bench, database: Database) {
  const { world, pace } = bench
  const company = COMPANIES.find(({ protocol }) => protocol === 'oidc')
  if (company === undefined) throw new Error('No company of the demo speaks OpenID Connect.')
  const demo = await openDemoSignIn(world.folder, 0)
  const service = await startService({
    primaryUrl: world.cluster.primaryUrl, replicaUrls: world.cluster.replicaUrls, secret: world.secret, log: silentLog, withWorker: false, outbound: LOCAL_WAYS, allowsLocalProviders: true, resolveTxt: demo.resolveTxt,
    http: { port: 0, publicRequests: { perSecond: 100_000, burst: 100_000 }, failures: { perSecond: 100_000, burst: 100_000 } },
  })
  try {
    const url = service.url ?? ''
    const { secret: operatorKey } = await createOperatorKey(database, { name: `bench ${Date.now()}` })
    const organization = await openOrganization({ url, operatorKey, slug: company.slug, name: company.name })
    await demo.prepare(url, [organization], bench.say)
    const signIns = await signInsPerSecond(url, company, pace.seconds)
    const pageMs = await pageOfPeople(url, organization.keys.tenant_admin, bench.isQuick ? 20 : 100)
    const second = await world.service()
    return { ...signIns, pageMs, revoked: await revoking({ first: url, second: `http://${second.host}:${second.port}` }, organization, world.cluster.superuserUrl) }
  } finally {
    await world.stopService()
    await service.stop()
    await demo.stop()
  }
}

export const auth: Benchmark = {
  name: 'auth',
  compares: 'knowing a caller again and looking one up, signing in by the real redirects of the demo’s provider, a page of a directory, and a revocation in a second process',
  run: async (bench) => {
    const { world, pace } = bench
    const database = openDatabase({ primaryUrl: world.cluster.primaryUrl, replicaUrls: world.cluster.replicaUrls, secret: world.secret, role: 'bss_app' })
    try {
      const rounds: Recognized[] = []
      for (let round = 0; round < pace.rounds; round++) rounds.push(await recognizing(database, [...world.keys.values()], pace.seconds))
      const median = (of: (figures: Recognized) => number): number => quantile(rounds.map(of), 0.5)
      const [rememberedUs, mixedUs, lookUpUs] = [median((it) => it.rememberedUs), median((it) => it.mixedUs), median((it) => it.lookUpUs)]
      const { perSecond, p50Ms, pageMs, revoked } = await overHttp(bench, database)
      return {
        rows: [
          ['', 'p50', 'unit'],
          ['a caller who is remembered', short(rememberedUs), 'µs'], ['a caller who is looked up', short(lookUpUs), 'µs'], [`a mix, one look-up in ${LOOKED_UP_EVERY}`, short(mixedUs), 'µs'],
          ['a sign-in', short(p50Ms), 'ms'], ['a SCIM page of 100 people', short(pageMs), 'ms'],
          ['a revocation seen by a second process', short(revoked.p50Ms), 'ms'], ['the same, p99', short(revoked.p99Ms), 'ms'],
        ],
        ratios: { 'a remembered caller, µs': rememberedUs, 'a caller of a mix with look-ups, µs': mixedUs, 'sign-ins a second': perSecond, 'SCIM page of 100 people, p50 ms': pageMs, 'revocation seen by a second process, p99 ms': revoked.p99Ms },
        notes: [`${revoked.revocations} revocations, half of them keys and half sessions, from the answer of the one process to the refusal of the other`, `${VISITORS} visitors at a time; visitors, provider and service share one process, so a sign-in includes what the provider and the browser do`],
      }
    } finally {
      await database.close()
    }
  },
}
