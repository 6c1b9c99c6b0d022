// Tries, for every table and every role, everything that has been thought of, and listens to every byte that comes back.
import type { Attack, Leak, Twins } from './attack.ts'
import { attacksOfRole } from './attacks-of-role.ts'
import { attacksOnTable, badContexts } from './attacks-on-table.ts'
import { CanaryWatch } from './canary-watch.ts'
import { Dice } from './dice.ts'
import { keyTwins, referenceTwins } from './oracles.ts'
import type { PlantedTable, World } from './plant.ts'
import type { RUNTIME_ROLES } from './rule.ts'
import { literal, type Answer, type Tapped } from './tapped.ts'

export type RuntimeRole = (typeof RUNTIME_ROLES)[number]

/** A database with two organizations planted in it, and ways in. */
export interface Ground {
  readonly world: World
  readonly superuser: Tapped
  readonly connect: (role: RuntimeRole) => Promise<Tapped>
  /** The other organization at work on another connection, as the product works; gives what ends it. */
  readonly neighbour: () => Promise<() => Promise<void>>
  /** A sealed context; with `isExpired` one that was genuine an hour ago. */
  readonly seal: (organization: string, isExpired?: boolean) => string
}
export interface BehaviourOptions {
  readonly roles: readonly RuntimeRole[]
  /** Only attacks on these tables; all when absent. */
  readonly tables?: ReadonlySet<string>
  /** Also becoming other roles, the catalogue, and every reachable function. */
  readonly withRoleAttacks: boolean
  /** Of the many attacks that differ in little (casts, functions and views of PostgreSQL, bad contexts, other roles' tables) only each n-th. */
  readonly thin?: number
  /** Stop at the first leak: enough to kill a mutant. */
  readonly stopAtFirst?: boolean
}
export interface BehaviourReport {
  readonly tried: number
  readonly leaks: readonly Leak[]
  /** Questions about references, and how many were answered differently for the caller's own thing: those could have told something. */
  readonly twins: number
  readonly telling: number
}

class Enough extends Error {}

export async function tryBehaviour(ground: Ground, options: BehaviourOptions): Promise<BehaviourReport> {
  const attempt = new Attempt(ground, options.stopAtFirst === true, options.thin ?? 1)
  const before = await fingerprint(ground)
  try {
    for (const role of options.roles) await attempt.asRole(role, options)
  } catch (error) {
    if (!(error instanceof Enough)) throw error
  } finally {
    await attempt.close()
  }
  const after = await fingerprint(ground)
  if (after !== before) attempt.note('all roles', 'the other organization', 'its rows are not what they were', `${before} → ${after}`)
  return { tried: attempt.tried, leaks: attempt.leaks, telling: attempt.telling, twins: attempt.twins }
}

class Attempt {
  tried = 0
  telling = 0
  twins = 0
  readonly leaks: Leak[] = []
  readonly #ground: Ground
  readonly #watch: CanaryWatch
  readonly #stopAtFirst: boolean
  readonly #open = new Map<RuntimeRole, Tapped>()
  readonly #counts = new Map<string, number>()

  readonly #thin: number
  #turn = 0

  constructor(ground: Ground, stopAtFirst: boolean, thin: number) {
    this.#ground = ground
    this.#thin = thin
    this.#watch = new CanaryWatch(ground.world.canaries)
    this.#stopAtFirst = stopAtFirst
  }

  /** Whether it is the turn of an attack that differs in little from others. */
  #isTurn(name: string): boolean {
    return this.#thin === 1 || !/^(leaky cast|call a function of PostgreSQL|read the catalogue|become|join|context|change the definition)/.test(name) || (this.#turn += 1) % this.#thin === 0
  }

  async asRole(role: RuntimeRole, options: BehaviourOptions): Promise<void> {
    const { world, superuser } = this.#ground
    for (const [index, table] of world.tables.entries()) {
      if (options.tables?.has(table.facts.name) === false) continue
      // The rights of a table come from one procedure: what one of its kind shows, the others show to the service's own role.
      if (role !== 'bss_app' && index % this.#thin !== 0) continue
      await this.#onTable(role, table)
    }
    if (!options.withRoleAttacks) return
    const leave = await this.#ground.neighbour()
    try {
      for (const attack of await attacksOfRole(role, world, superuser)) await this.#try(role, role, attack)
    } finally {
      await leave()
    }
  }

  async #onTable(role: RuntimeRole, table: PlantedTable): Promise<void> {
    const { world, superuser, seal } = this.#ground
    const name = table.facts.name
    const may = async (right: string): Promise<boolean> => (await superuser.must(`select has_table_privilege('${role}', '${name}', '${right}') and has_schema_privilege('${role}', 'bss', 'usage')`))[0]?.[0] === 't'
    const rights = { select: await may('select'), delete: await may('delete') }
    for (const attack of attacksOnTable(table, world, rights, await this.#ownCount(name))) await this.#try(role, name, attack)
    for (const [what, context] of badContexts(world, seal(world.own), seal(world.foreign, true))) {
      const bad = { expects: 'refused', context } as const
      await this.#try(role, name, { ...bad, name: `context: ${what}`, text: `select count(*) from ${name} where organization_id = ${literal(world.foreign)}` })
      await this.#try(role, name, { ...bad, name: `context of the session: ${what}`, text: `reset app.ctx; select set_config('app.ctx', ${literal(context)}, false); select * from ${name}` })
    }
    if (role === 'bss_admin' || role === 'bss_reader') return
    if (role === 'bss_app') await this.#beyondRights(name)
    const dice = new Dice(name.length)
    for (const twins of [...referenceTwins(table, world.tables, dice), ...keyTwins(table, world, dice)]) await this.#compare(role, name, twins)
  }

  /** What holds even for a superuser, and what a suspended organization meets. */
  async #beyondRights(name: string): Promise<void> {
    const { world, superuser, seal } = this.#ground
    const theirs = `organization_id = ${literal(world.foreign)}`
    const [kept] = await superuser.must(`select count(*) from pg_trigger where tgrelid = ${literal(name)}::regclass and tgname = 'keep_row'`)
    const texts = kept?.[0] === '1' ? [`update ${name} set organization_id = organization_id where ${theirs}`, `delete from ${name} where ${theirs}`] : []
    for (const text of texts) {
      this.tried += 1
      const answer = await superuser.ask(`begin; ${text}`)
      await superuser.ask('rollback')
      if (answer.error === null) this.note('a superuser', name, 'changed a ledger', text)
    }
    this.tried += 1
    const suspended = await superuser.ask(`begin; insert into sec.fence (organization_id, reason) values (${literal(world.own)}, 'proof'); select set_config('app.ctx', ${literal(seal(world.own))}, true); set local role bss_app; select count(*) from ${name}`)
    await superuser.ask('rollback')
    if (suspended.error?.code !== 'BS003') this.note('bss_app', name, `a suspended organization goes on: ${suspended.error?.message ?? 'no error'}`, 'insert into sec.fence')
  }

  async #try(role: RuntimeRole, where: string, attack: Attack): Promise<void> {
    if (!this.#isTurn(attack.name)) return
    const answer = await this.#ask(role, attack.text, attack.context)
    const what = verdict(attack, answer)
    if (what !== null) this.note(role, where, `${attack.name}: ${what}`, attack.text)
    const heard = this.#watch.heard(answer.heard, `${attack.text} ${attack.context ?? ''}`, attack.exceptFrom)
    if (heard.length > 0) this.note(role, where, `${attack.name}: canaries came back: ${heard.slice(0, 3).join(', ')}`, attack.text)
  }

  async #compare(role: RuntimeRole, where: string, twins: Twins): Promise<void> {
    const [foreign, missing] = [await this.#ask(role, twins.foreign), await this.#ask(role, twins.missing)]
    if (twins.control !== null) this.twins += 1
    let [told, expected] = [textOf(foreign), textOf(missing)]
    for (const [a, b] of twins.differ) [told, expected] = [told.replaceAll(a, '…'), expected.replaceAll(b, '…')]
    // Keys that the database makes itself, and what was made up for a row, are told apart by nobody.
    if (told !== expected) this.note(role, where, `${twins.name}: a foreign thing and a missing one are told apart: ${told} / ${expected}`, twins.foreign)
    if (twins.control !== null && textOf(await this.#ask(role, twins.control)) !== textOf(missing)) this.telling += 1
    const heard = this.#watch.heard(foreign.heard, twins.foreign)
    if (heard.length > 0) this.note(role, where, `${twins.name}: canaries came back: ${heard.slice(0, 3).join(', ')}`, twins.foreign)
  }

  async #ask(role: RuntimeRole, text: string, context?: string | null): Promise<Answer> {
    this.tried += 1
    let session = this.#open.get(role)
    if (session === undefined || session.isLost) {
      session = await this.#ground.connect(role)
      await session.must("set lock_timeout = '100ms'; set statement_timeout = '2s'")
      this.#open.set(role, session)
    }
    const value = context === undefined ? this.#ground.seal(this.#ground.world.own) : context
    // The rollback of the attempt before travels along; without one the server only warns.
    return session.ask(`rollback; begin; ${value === null ? 'reset app.ctx' : `select set_config('app.ctx', ${literal(value)}, true)`}; ${text}`)
  }

  async #ownCount(name: string): Promise<number> {
    const known = this.#counts.get(name)
    if (known !== undefined) return known
    const [row] = await this.#ground.superuser.must(`select count(*) from ${name} where organization_id = ${literal(this.#ground.world.own)}`)
    const count = Number(row?.[0] ?? 0)
    this.#counts.set(name, count)
    return count
  }

  note(role: string, where: string, what: string, evidence: string): void {
    this.leaks.push({ part: 'behaviour', where: role === where ? role : `${role} on ${where}`, what, evidence })
    if (this.#stopAtFirst) throw new Enough()
  }

  async close(): Promise<void> {
    for (const session of this.#open.values()) {
      await session.ask('rollback')
      await session.close()
    }
  }
}

/** What is wrong with the answer, beside canaries. */
function verdict(attack: Attack, answer: Answer): string | null {
  switch (attack.expects) {
    case 'silent':
      return null
    case 'refused':
      return answer.error === null ? 'was not refused' : null
    case 'nothing':
      return answer.error !== null || answer.affected === 0 || answer.rows.every((row) => row.every((value) => value === '0')) ? null : 'touched something'
    case 'own':
      return answer.error === null && answer.rows[0]?.[0] === String(attack.count) ? null : `gave ${answer.error?.message ?? answer.rows[0]?.[0]} instead of the caller's own ${attack.count}`
  }
}

const textOf = (answer: Answer): string => (answer.error === null ? `done, ${answer.affected}` : answer.error.text)

/** A digest of everything the other organization has. */
export async function fingerprint({ superuser, world }: Ground): Promise<string> {
  const digests: string[] = []
  for (const { facts } of world.tables) {
    const [row] = await superuser.must(`select count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from ${facts.name} t where organization_id = ${literal(world.foreign)}`)
    digests.push(`${facts.name} ${row?.[0]}`)
  }
  const [row] = await superuser.must(`select md5(${literal(digests.join('\n'))})`)
  return row?.[0] ?? ''
}
