// Two organizations with one valid row in every tenant table, generated from the catalogue: what the checks allow is found by
// trying, and what the parents are is known from the foreign keys. The values of the second organization are the canaries.
import { isList, isRecord } from '../../../kernel/json.ts'
import { words } from './check-text.ts'
import { valuesFor } from './column-values.ts'
import { Dice } from './dice.ts'
import { tableFacts, type ReferenceFacts, type TableFacts } from './table-facts.ts'
import { literal, type Answer, type Tapped } from './tapped.ts'

/** A row as text, by column. */
export type PlantedRow = Readonly<Record<string, string | null>>
export interface PlantedTable {
  readonly facts: TableFacts
  readonly own: PlantedRow
  readonly foreign: PlantedRow
  /** SQL expressions that made the row of the first organization, to make another like it. */
  readonly recipe: Recipe
}
export interface World {
  readonly own: string
  readonly foreign: string
  readonly tables: readonly PlantedTable[]
  /** What must never come back to the first organization, with the table it stands in. */
  readonly canaries: readonly Canary[]
  /** Tables without a row of each organization, and why. The proof is not complete while there is one. */
  readonly unplanted: readonly string[]
}
export interface Canary {
  readonly value: string
  readonly table: string
}
/** An expression for each column that is named in the insert. */
export type Recipe = ReadonlyMap<string, string>
/** Seals a context for an organization. */
export type Seal = (organization: string) => string

const TRIES_MAX = 2_000

export class Planter {
  readonly #superuser: Tapped
  readonly #seal: Seal
  readonly #dice: Dice
  readonly rows = new Map<string, PlantedRow>()

  constructor(superuser: Tapped, seal: Seal, dice: Dice) {
    this.#superuser = superuser
    this.#seal = seal
    this.#dice = dice
  }

  /** Plants one row; gives its recipe, or the last refusal. */
  async plant(table: TableFacts, organization: string): Promise<Recipe | string> {
    const fixed = this.#fixed(table, organization)
    const values = (name: string): readonly string[] => {
      const column = table.columns.find((each) => each.name === name)
      return column === undefined ? [] : valuesFor(table, column, organization, this.#dice)
    }
    const names = table.columns.filter((column) => !column.isGenerated).map((column) => column.name)
    const first = (): Map<string, string> => new Map(names.map((name) => [name, fixed.get(name) ?? values(name)[0] ?? 'null']))
    let chosen = first()
    let refusal = ''
    for (let attempt = 1; attempt <= TRIES_MAX; attempt += 1) {
      // A walk that has lost its way begins again.
      if (attempt % 40 === 0) chosen = first()
      const error = await this.#insert(table, organization, chosen)
      if (error === null) return chosen
      refusal = error.text
      const blamed = this.#blamed(table, error.message)
      for (let n = 1 + this.#dice.below(Math.min(3, blamed.length)); n > 0 && blamed.length > 0; n -= 1) {
        const name = this.#dice.pick(blamed)
        if (fixed.has(name)) await this.#otherParent(table, name, organization, chosen)
        else chosen.set(name, this.#dice.pick(values(name)))
      }
    }
    const found = await anyRow(this.#superuser, table, organization)
    if (found !== undefined) this.rows.set(`${organization} ${table.name}`, found)
    return refusal
  }

  async #insert(table: TableFacts, organization: string, chosen: Recipe): Promise<Answer['error']> {
    const returning = table.columns.map(({ name }) => `${name}::text`).join(', ')
    const answer = await this.#superuser.ask(`begin; select set_config('app.ctx', ${literal(this.#seal(organization))}, true); ${insertOf(table, chosen)} returning ${returning}`)
    // What is deferred is asked now, so that its refusal is one among others.
    const error = answer.error ?? (await this.#superuser.ask('set constraints all immediate')).error
    await this.#superuser.must(error === null ? 'commit' : 'rollback')
    if (error === null) this.rows.set(`${organization} ${table.name}`, Object.fromEntries(table.columns.map(({ name }, index) => [name, answer.rows[0]?.[index] ?? null])))
    return error
  }

  /** A row may refer to two of the same kind that must differ, and triggers make rows of their own. */
  async #otherParent(table: TableFacts, name: string, organization: string, chosen: Map<string, string>): Promise<void> {
    const reference = this.#dice.pick(table.references.filter((each) => each.columns.includes(name)))
    if (this.#mayBeNull(table, name) && this.#dice.chance(0.3)) return void chosen.set(name, 'null')
    const rows = await this.#superuser.must(`select ${reference.targetColumns.map((column) => `${column}::text`).join(', ')} from ${reference.target} where organization_id = '${organization}' order by 1, 2 limit 8`.replace('1, 2', reference.targetColumns.length > 1 ? '1, 2' : '1'))
    if (rows.length === 0) return
    const row = this.#dice.pick(rows)
    for (const [index, column] of reference.columns.entries()) chosen.set(column, literal(row[index] ?? null))
  }

  /** What is not chosen: the organization, and the columns that refer to a row that is there already. */
  #fixed(table: TableFacts, organization: string): Map<string, string> {
    const fixed = new Map([['organization_id', literal(organization)]])
    for (const reference of table.references) {
      const parent = this.rows.get(`${organization} ${reference.target}`)
      for (const [index, name] of reference.columns.entries()) {
        if (name === 'organization_id') continue
        const value = parent?.[reference.targetColumns[index] ?? ''] ?? null
        if (value !== null) fixed.set(name, literal(value))
        else if (this.#mayBeNull(table, name)) fixed.set(name, 'null')
      }
    }
    return fixed
  }

  #mayBeNull(table: TableFacts, name: string): boolean {
    return table.columns.some((column) => column.name === name && column.isNullable)
  }

  /** The columns of the constraint that refused, so that the next try changes those; a trigger's refusal is mostly about a state. */
  #blamed(table: TableFacts, message: string): readonly string[] {
    const named = /(?:constraint|column) "([^"]+)"/.exec(message)?.[1]
    const rule = table.checks.find((each) => each.name === named) ?? table.references.find((each) => each.name === named) ?? table.uniques.find((each) => named !== undefined && each.name.endsWith(named))
    if (rule !== undefined) return rule.columns.filter((column) => column !== 'organization_id')
    const all = table.columns.filter((column) => !column.isGenerated && column.name !== 'organization_id').map((column) => column.name)
    if (named !== undefined && all.includes(named)) return [named]
    const states = all.filter((name) => table.checks.some((check) => check.columns.length === 1 && check.columns[0] === name && words(check.text).length > 0))
    return states.length > 0 && this.#dice.chance(0.7) ? states : all
  }
}

export const insertOf = (table: TableFacts, recipe: Recipe): string => {
  const names = [...recipe.keys()]
  const types = new Map(table.columns.map(({ name, type }) => [name, type]))
  const values = names.map((name) => {
    const value = recipe.get(name) ?? 'null'
    return value === 'default' || value === 'null' ? value : `(${value})::${types.get(name) ?? 'text'}`
  })
  return `insert into ${table.name} (${names.join(', ')}) values (${values.join(', ')})`
}

/** References whose parent is another row than the organization's own. */
export const referencesOfRows = (table: TableFacts): readonly ReferenceFacts[] => table.references.filter((reference) => reference.columns.some((name) => name !== 'organization_id'))

export async function plantWorld(superuser: Tapped, seal: Seal, seed = 1): Promise<World> {
  const dice = new Dice(seed)
  const facts = await tableFacts(superuser)
  const [own, foreign] = [dice.uuid(), dice.uuid()]
  const planter = new Planter(superuser, seal, dice)
  const recipes = new Map<string, Recipe>()
  const refused = new Map<string, string>()
  for (const organization of [own, foreign]) {
    for (const table of facts) {
      const planted = await planter.plant(table, organization)
      if (typeof planted === 'string') refused.set(table.name, planted)
      else if (organization === own) recipes.set(table.name, planted)
    }
  }
  const tables: PlantedTable[] = []
  const unplanted: string[] = []
  for (const table of facts) {
    const row = async (organization: string): Promise<PlantedRow | undefined> => planter.rows.get(`${organization} ${table.name}`) ?? (await anyRow(superuser, table, organization))
    const [mine, theirs] = [await row(own), await row(foreign)]
    if (mine === undefined || theirs === undefined) unplanted.push(`${table.name}: ${refused.get(table.name) ?? 'no row'}`)
    else tables.push({ facts: table, own: mine, foreign: theirs, recipe: recipes.get(table.name) ?? new Map() })
  }
  // Statistics hold values of rows; the attacks look there too.
  await superuser.must('analyze')
  return { own, foreign, tables, canaries: await canariesOf(superuser, facts, own, foreign), unplanted }
}

/** A row that a trigger of another table made. */
async function anyRow(superuser: Tapped, table: TableFacts, organization: string): Promise<PlantedRow | undefined> {
  const [row] = await superuser.must(`select ${table.columns.map(({ name }) => `${name}::text`).join(', ')} from ${table.name} where organization_id = '${organization}' limit 1`)
  return row === undefined ? undefined : Object.fromEntries(table.columns.map(({ name }, index) => [name, row[index] ?? null]))
}

const CANARY_LENGTH_MIN = 6

/** Every value of the foreign organization that can be told from the own ones, from all its rows. */
async function canariesOf(superuser: Tapped, facts: readonly TableFacts[], own: string, foreign: string): Promise<Canary[]> {
  const valuesIn = async (name: string, organization: string): Promise<Set<string>> => {
    const found = new Set<string>()
    for (const [text] of await superuser.must(`select to_jsonb(t)::text from ${name} t where organization_id = '${organization}'`)) leaves(JSON.parse(text ?? 'null'), found)
    return found
  }
  const mine = new Set<string>()
  for (const { name } of facts) for (const value of await valuesIn(name, own)) mine.add(value)
  const canaries = new Map<string, Canary>()
  for (const { name } of facts) {
    for (const value of await valuesIn(name, foreign)) if (!mine.has(value) && isTelling(value) && !canaries.has(value)) canaries.set(value, { value, table: name })
  }
  return [...canaries.values()]
}

function leaves(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') found.add(value.startsWith('\\x') ? value.slice(2) : value)
  else if (typeof value === 'number') found.add(String(value))
  else if (isList(value)) for (const each of value) leaves(each, found)
  else if (isRecord(value)) for (const each of Object.values(value)) leaves(each, found)
}

/** Times and short words turn up by themselves; a canary must not. */
const isTelling = (value: string): boolean =>
  value.length >= CANARY_LENGTH_MIN && !/^\d{4}-\d\d-\d\d/.test(value) && (/canary|[0-9a-f]{8}-[0-9a-f]{4}-|^[0-9a-f]{32,}$/.test(value) || /^[\d.]{9,}$/.test(value) || (/\d/.test(value) && value.length >= 8))
