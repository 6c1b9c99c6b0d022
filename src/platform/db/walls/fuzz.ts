// Statements nobody thought of: made at random from a grammar, as the service's own role in its own context, with forged contexts
// slipped in. The same seed makes the same statements. Whatever they are, no canary may come back.
import type { Leak } from './attack.ts'
import { fingerprint, type Ground } from './behaviour.ts'
import { CanaryWatch } from './canary-watch.ts'
import { Dice } from './dice.ts'
import type { World } from './plant.ts'
import { literal, type Tapped } from './tapped.ts'

export interface FuzzReport {
  readonly tried: number
  /** Statements that the server carried out: a fuzz of syntax errors proves nothing. */
  readonly carriedOut: number
  readonly leaks: readonly Leak[]
}

export async function fuzz(ground: Ground, options: { readonly statements: number; readonly seed: number; readonly stopAtFirst?: boolean }): Promise<FuzzReport> {
  const writer = new StatementWriter(ground.world, new Dice(options.seed))
  const watch = new CanaryWatch(ground.world.canaries)
  const before = await fingerprint(ground)
  const leaks: Leak[] = []
  let carriedOut = 0
  let session: Tapped | null = null
  for (let tried = 0; tried < options.statements; tried += 1) {
    if (session === null || session.isLost) {
      session = await ground.connect('bss_app')
      await session.must("set lock_timeout = '100ms'; set statement_timeout = '1s'")
    }
    const text = writer.statement()
    const said = `rollback; begin; select set_config('app.ctx', ${literal(ground.seal(ground.world.own))}, true); ${text}`
    const answer = await session.ask(said)
    if (answer.error === null) carriedOut += 1
    const heard = watch.heard(answer.heard, said)
    if (heard.length > 0) leaks.push({ part: 'fuzz', where: `statement ${tried} of seed ${options.seed}`, what: `canaries came back: ${heard.slice(0, 3).join(', ')}`, evidence: text })
    if (leaks.length > 0 && options.stopAtFirst === true) break
  }
  await session?.ask('rollback')
  await session?.close()
  if ((await fingerprint(ground)) !== before) leaks.push({ part: 'fuzz', where: 'all statements', what: 'rows of the other organization are not what they were', evidence: `seed ${options.seed}` })
  return { tried: options.statements, carriedOut, leaks }
}

/** Writes one statement after the other. */
export class StatementWriter {
  readonly #world: World
  readonly #dice: Dice
  constructor(world: World, dice: Dice) {
    this.#world = world
    this.#dice = dice
  }

  statement(): string {
    const { pick } = this.#choices()
    const query = this.#query(2)
    return pick<() => string>([
      () => query, () => query, () => query, () => query,
      () => `with c as ${pick(['', 'materialized ', 'not materialized '])}(${query}) select c::text, ${this.#query(1, true)} from c`,
      () => `select q.*, row_number() over () from (${query}) q`,
      () => `select * from query_to_xml(${literal(query)}, true, true, '')`,
      () => `copy (${query}) to stdout ${pick(['', '(format csv)', '(format binary)'])}`,
      () => `prepare p as ${query}; execute p; ${this.#forge()}; execute p`,
      () => `declare c cursor with hold for ${query}; fetch 5 from c; ${this.#forge()}; fetch all from c`,
      () => `do $$ declare r record; begin ${this.#performForge()} for r in ${query} loop raise notice '%', r; end loop; end $$`,
      () => `do $$ begin perform ${this.#expression('t')}::int from ${this.#table()} t; exception when others then raise notice '% %', sqlerrm, sqlstate; end $$`,
      () => `do $$ declare r text; begin execute ${literal(`select string_agg(t::text, ',') from ${this.#table()} t`)} into r; raise exception '%', r; end $$`,
      () => `explain (analyze, verbose, costs off) ${query}`,
      () => `${this.#forge()}; ${query}`,
      () => `savepoint s; ${this.#forge()}; ${query}; rollback to s; ${query}`,
      () => `update ${this.#table()} t set ${this.#assignment()} where ${this.#condition('t')} returning t.*`,
      () => `delete from ${this.#table()} t where ${this.#condition('t')} returning t::text`,
      () => `merge into ${this.#table()} t using (${query}) s on ${this.#condition('t')} when matched then delete`,
      () => `insert into ${this.#table()} select * from ${this.#table()} t where ${this.#condition('t')} on conflict do nothing returning *`,
      () => `with gone as (delete from ${this.#table()} t returning t.*) select gone::text from gone`,
      () => `select set_config('app.ctx', t::text, true), t.* from ${this.#table()} t`,
    ])()
  }

  #query(depth: number, isScalar = false): string {
    const { pick, chance } = this.#choices()
    const from = `${this.#table()} t${chance(0.15) ? ' tablesample bernoulli (100)' : ''}`
    const what = isScalar ? `string_agg(${this.#expression('t')}::text, ',')` : pick(['*', 't::text', 'to_jsonb(t)', 'count(*)', 'row_to_json(t)', `${this.#expression('t')}`, 'encode(convert_to(t::text, \'UTF8\'), \'hex\')', 'xmlforest(t.*)', "json_agg(t)", 'ctid, tableoid::regclass, xmin'])
    const joins = depth > 0 && chance(0.5) ? this.#join(depth) : ''
    const where = chance(0.8) ? ` where ${this.#condition('t')}` : ''
    const tail = isScalar ? '' : pick(['', '', ' limit 20', ' order by 1 limit 20', ' for update', ' for share nowait', ' for key share skip locked'])
    const text = `select ${what} from ${from} ${joins}${where}${/count|_agg/.test(what) ? '' : tail}`
    if (isScalar) return `(${text})`
    if (depth > 1 && chance(0.2)) return `(${text.replace(/ for (update|share|key).*$/, '')}) ${pick(['union all', 'except all', 'intersect', 'union'])} (select ${what} from ${from}${where})`
    return text
  }

  #join(depth: number): string {
    const { pick } = this.#choices()
    return pick([
      `${pick(['left ', 'full ', 'right ', ''])}join ${this.#table()} j on ${pick(['j.organization_id <> t.organization_id', 'j.organization_id = t.organization_id', 'true', `j.organization_id = ${literal(this.#world.foreign)}`])}`,
      `left join lateral (${this.#query(depth - 1)}) j on true`,
      `cross join (with recursive r (n, x) as (select 1, null::text union all select n + 1, ${this.#query(0, true)} from r where n < 3) select * from r) j`,
    ])
  }

  #condition(alias: string): string {
    const { pick, chance } = this.#choices()
    const theirs = literal(this.#world.foreign)
    const one = (): string =>
      pick([
        `${alias}.organization_id = ${theirs}`, `${alias}.organization_id <> ${literal(this.#world.own)}`, `${alias}.organization_id in (${theirs}, ${literal(this.#world.own)})`, 'true', `not (${alias}.organization_id = sec.org())`,
        `${alias}.organization_id::text ^@ ${literal(this.#world.foreign.slice(0, 3))}`, `(${this.#expression(alias)})::text::int > 0`, `length(${this.#expression(alias)}::text) / 0 > 1`, `${alias}::text ~ 'canary'`, `${alias}::text like '%canary%'`,
        `exists (select from ${this.#table()} e where e.organization_id <> ${alias}.organization_id)`, `${this.#forgeExpression()} is not null`, `${alias}.organization_id > any (select organization_id from ${this.#table()})`,
      ])
    return chance(0.4) ? `(${one()}) ${pick(['and', 'or', 'and not'])} (${one()})` : one()
  }

  #expression(alias: string): string {
    const { pick } = this.#choices()
    const column = `${alias}.${pick(this.#last().facts.columns).name}`
    return pick([column, column, `${alias}::text`, `coalesce(${column}::text, ${alias}::text)`, `md5(${column}::text)`, `reverse(${column}::text)`, `quote_literal(${column})`, `format('%s', ${alias})`, `hashtext(${column}::text)`, `to_jsonb(${alias}) -> ${literal(pick(this.#last().facts.columns).name)}`])
  }

  #assignment(): string {
    const { name } = this.#dice.pick(this.#last().facts.columns)
    return this.#dice.pick([`${name} = ${name}`, `organization_id = ${literal(this.#world.foreign)}`, `${name} = default`])
  }

  #forge(): string {
    const { pick } = this.#choices()
    return pick([
      `select ${this.#forgeExpression()}`, `set local app.ctx = ${literal(this.#token())}`, `set app.ctx = ${literal(this.#token())}`, 'reset app.ctx', 'reset all', 'discard plans', 'set local row_security = off', 'set local role bss_gateway', 'set local role bss_owner',
      'set local plan_cache_mode = force_generic_plan', 'set local enable_indexscan = off', 'set local search_path = bss, sec, pg_catalog', "set local debug_parallel_query = 'on'", 'set local constraint_exclusion = on', 'set constraints all deferred', "set local client_min_messages = debug5",
    ])
  }
  #forgeExpression(): string {
    return `set_config('app.ctx', ${literal(this.#token())}, ${this.#dice.pick(['true', 'false'])})`
  }
  #performForge(): string {
    return this.#dice.chance(0.5) ? `perform ${this.#forgeExpression()};` : ''
  }
  /** A forged context: plausible, and never genuine. */
  #token(): string {
    const { pick } = this.#choices()
    const organization = this.#world.foreign
    return pick(['', organization, `${organization}.${this.#dice.uuid()}.tenant_admin.9999999999.00000000.${this.#dice.hex(64)}`, `${organization}...`, `${organization}.${organization}.x.9999999999..${'0'.repeat(64)}`])
  }

  #current: World['tables'][number] | undefined
  #last(): World['tables'][number] {
    return this.#current ?? this.#dice.pick(this.#world.tables)
  }
  #table(): string {
    this.#current = this.#dice.pick(this.#world.tables)
    return this.#current.facts.name
  }
  #choices(): { pick: <T>(list: readonly T[]) => T; chance: (probability: number) => boolean } {
    return { pick: (list) => this.#dice.pick(list), chance: (probability) => this.#dice.chance(probability) }
  }
}
