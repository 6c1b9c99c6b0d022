// A mutant is one weakening of the walls. The proof must notice every one of them; a proof that does not is no proof.
import type { PlantedTable, World } from './plant.ts'
import { literal, type Tapped } from './tapped.ts'

export interface Mutant {
  readonly name: string
  /** SQL that weakens; done as a superuser. */
  readonly apply: readonly string[]
  /** SQL that repairs. With it the mutant is also met by the behaviour, which has to notice it without the catalogue. */
  readonly repair?: readonly string[]
  /** Where the behaviour looks; everywhere when absent. */
  readonly tables?: readonly string[]
  /** Whether it only shows in functions and roles rather than on a table. */
  readonly isOfRole?: boolean
}

/** What the mutants weaken, chosen from the catalogue by its shape, so that they fit whatever rooms there are. */
export interface Victims {
  /** A document with a name of its own. */
  readonly document: string
  /** Unique columns of the document besides organization_id. */
  readonly documentKey: readonly string[]
  /** A ledger that only grows. */
  readonly ledger: string
  /** A foreign key with one column beside the organization. */
  readonly child: string
  readonly reference: string
  readonly referenceColumn: string
  readonly parent: string
  readonly parentColumn: string
  readonly foreign: string
}

export async function chooseVictims(superuser: Tapped, world: World): Promise<Victims> {
  const kept = new Set((await superuser.must(`select tgrelid::regclass::text from pg_trigger where tgname = 'keep_row'`)).map((row) => row[0]))
  const touched = new Set((await superuser.must(`select tgrelid::regclass::text from pg_trigger where tgname = 'touch'`)).map((row) => row[0]))
  const open = new Set((await superuser.must(`select polrelid::regclass::text from pg_policy where polname = 'gateway'`)).map((row) => row[0]))
  const some = <T>(value: T | undefined, what: string): T => {
    if (value === undefined) throw new Error(`There is no ${what} to try the mutants on.`)
    return value
  }
  const ownKey = (table: PlantedTable): readonly string[] | undefined =>
    table.facts.uniques.map((unique) => unique.columns.filter((name) => name !== 'organization_id')).find((columns) => columns.length === 1 && typeOf(table, columns[0]) === 'text' && typeof table.foreign[columns[0] ?? ''] === 'string')
  const document = some(world.tables.find((table) => touched.has(table.facts.name) && !open.has(table.facts.name) && ownKey(table) !== undefined), 'document with a name')
  const ledger = some(world.tables.find((table) => kept.has(table.facts.name)), 'ledger')
  const pairs = world.tables.flatMap((child) => child.facts.references.filter((reference) => reference.columns.length === 2 && reference.target !== child.facts.name && touched.has(child.facts.name)).map((reference) => ({ child, reference })))
  const pair = some(pairs.find(({ child, reference }) => child.own[other(reference.columns)] !== null && !open.has(child.facts.name)), 'reference to a parent')
  return {
    document: document.facts.name, documentKey: ownKey(document) ?? [], ledger: ledger.facts.name, child: pair.child.facts.name, reference: pair.reference.name, referenceColumn: other(pair.reference.columns),
    parent: pair.reference.target, parentColumn: other(pair.reference.targetColumns), foreign: world.foreign,
  }
}

const other = (columns: readonly string[]): string => columns.find((name) => name !== 'organization_id') ?? ''
const typeOf = (table: PlantedTable, name: string | undefined): string | undefined => table.facts.columns.find((column) => column.name === name)?.type

/** A change in the body of a function, with the repair. Throws when nothing was changed: the mutant would be none. */
export async function bodyMutant(superuser: Tapped, name: string, signature: string, change: (definition: string) => string, more: Partial<Mutant> = {}): Promise<Mutant> {
  const [row] = await superuser.must(`select pg_get_functiondef(${literal(signature)}::regprocedure)`)
  const original = row?.[0] ?? ''
  const changed = change(original)
  if (changed === original) throw new Error(`The body of ${signature} has changed: there is nothing in it for the mutant "${name}".`)
  return { name, apply: [changed], repair: [original], ...more }
}

/** The definition with the `if` before a sentence that it raises weakened: by default it never raises. */
export const unguarded = (sentence: string, weaker: (condition: string) => string = () => 'false') => (definition: string): string => {
  const raise = definition.indexOf(`raise exception '${sentence}`)
  const [start, end] = [definition.lastIndexOf(' if ', raise), definition.lastIndexOf(' then', raise)]
  if (raise < 0 || start < 0 || end < start) return definition
  return `${definition.slice(0, start)} if ${weaker(`(${definition.slice(start + 4, end)})`)}${definition.slice(end)}`
}
