// Questions whose answer could tell whether a foreign thing exists: a reference to it, and a key that it has taken.
import { ALLOWED } from './allowed.ts'
import type { Twins } from './attack.ts'
import { words } from './check-text.ts'
import type { Dice } from './dice.ts'
import { insertOf, referencesOfRows, type PlantedTable, type World } from './plant.ts'
import { literal } from './tapped.ts'

/** A column with a closed list keeps its value: another would be refused for its own sake. */
const isListed = (table: PlantedTable, name: string): boolean => table.facts.checks.some((check) => check.columns.includes(name) && words(check.text).length > 0)

/** A value of the same type and length that nobody has. */
function missingLike(value: string, type: string, dice: Dice): string {
  if (type === 'uuid') return dice.uuid()
  // A number that is written as text (an SSCC, a company prefix) stays one.
  if (/^\d+$/.test(value)) return value.replaceAll(/\d/g, () => String(1 + dice.below(9)))
  if (type.startsWith('text') || type.startsWith('character')) return dice.hex(Math.max(1, value.length)).slice(0, value.length)
  if (type === 'bytea') return `\\x${dice.hex(value.length - 2)}`
  if (/^(date|timestamp)/.test(type)) return value.replace(/^\d{4}/, String(2040 + dice.below(50)))
  return value.replaceAll(/\d/g, () => String(1 + dice.below(9)))
}

/** The recipe of the own row with new keys, so that it collides with nothing. */
function freshRecipe(table: PlantedTable, dice: Dice): Map<string, string> {
  const recipe = new Map(table.recipe.size > 0 ? table.recipe : Object.entries(table.own).filter(([name]) => !isGenerated(table, name)).map(([name, value]) => [name, literal(value)]))
  const referring = new Set(table.facts.references.flatMap((reference) => reference.columns))
  for (const name of table.facts.uniques.flatMap((unique) => unique.columns)) {
    const value = table.own[name] ?? null
    if (!referring.has(name) && !isListed(table, name) && name !== 'organization_id' && value !== null && !isGenerated(table, name)) recipe.set(name, literal(missingLike(value, typeOf(table, name), dice)))
  }
  return recipe
}

export function referenceTwins(table: PlantedTable, tables: readonly PlantedTable[], dice: Dice): Twins[] {
  return referencesOfRows(table.facts).flatMap((reference) => {
    const parent = tables.find((each) => each.facts.name === reference.target)
    if (parent === undefined) return []
    const pairs = reference.columns.flatMap((name, index) => {
      const value = parent.foreign[reference.targetColumns[index] ?? ''] ?? null
      return name === 'organization_id' || value === null ? [] : [{ name, foreign: value, missing: missingLike(value, typeOf(table, name), dice) }]
    })
    const differ = pairs.map((pair) => [pair.foreign, pair.missing] as const)
    const recipe = freshRecipe(table, dice)
    const inserted = (change: (pair: { name: string; foreign: string; missing: string }) => string): string =>
      `${insertOf(table.facts, new Map([...recipe, ...pairs.map((pair) => [pair.name, literal(change(pair))] as const)]))}; set constraints all immediate`
    const updated = (value: (pair: { name: string; foreign: string; missing: string }) => string | null): string =>
      `update ${table.facts.name} set ${pairs.map((pair) => `${pair.name} = ${literal(value(pair))}`).join(', ')} where organization_id = ${literal(table.own['organization_id'] ?? '')}; set constraints all immediate`
    const own = (pair: { name: string }): string | null => table.own[pair.name] ?? null
    return [
      { name: `reference ${reference.name} of a new row`, foreign: inserted((pair) => pair.foreign), missing: inserted((pair) => pair.missing), control: `${insertOf(table.facts, recipe)}; set constraints all immediate`, differ },
      { name: `reference ${reference.name} of an own row`, foreign: updated((pair) => pair.foreign), missing: updated((pair) => pair.missing), control: updated(own), differ },
    ]
  })
}

/** A key taken by the other organization must be as free as one that nobody has. */
export function keyTwins(table: PlantedTable, world: World, dice: Dice): Twins[] {
  return table.facts.uniques.flatMap((unique) => {
    if (ALLOWED.some((entry) => entry.rule === 'key-unique' && entry.object === unique.name)) return []
    const columns = unique.columns.filter((name) => name !== 'organization_id' && !isGenerated(table, name) && !isListed(table, name) && table.foreign[name] !== null && table.foreign[name] !== undefined)
    if (columns.length === 0) return []
    const recipe = freshRecipe(table, dice)
    // What names a thing differs; a date or a number beside it stays, since a check may compare it with another column.
    const naming = columns.filter((name) => /^(uuid|text|bytea)/.test(typeOf(table, name)))
    const isVaried = (name: string): boolean => naming.length === 0 || naming.includes(name)
    const differ = columns.map((name) => [table.foreign[name] ?? '', isVaried(name) ? missingLike(table.foreign[name] ?? '', typeOf(table, name), dice) : (table.foreign[name] ?? '')] as const)
    const inserted = (index: 0 | 1, organization: string): string =>
      insertOf(table.facts, new Map([...recipe, ...columns.map((name, n) => [name, literal(differ[n]?.[index] ?? '')] as const), ['organization_id', literal(organization)]]))
    return [
      { name: `key ${unique.name} in the own organization`, foreign: inserted(0, world.own), missing: inserted(1, world.own), control: null, differ },
      { name: `key ${unique.name} in theirs`, foreign: inserted(0, world.foreign), missing: inserted(1, world.foreign), control: null, differ },
    ]
  })
}

const typeOf = (table: PlantedTable, name: string): string => table.facts.columns.find((column) => column.name === name)?.type ?? 'text'
const isGenerated = (table: PlantedTable, name: string): boolean => table.facts.columns.some((column) => column.name === name && column.isGenerated)
