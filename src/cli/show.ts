// Answers on paper: tables for people, JSON for programs. Lists as JSON are one object per line, so that they can be piped.
import { isList, isRecord } from '../kernel/json.ts'
import { cellOf, headingOf, recordOf, tableOf, valueAt } from './table.ts'
import type { World } from './world.ts'

/** The entries of an answer that is a list, or null. `at`: where the answer has them. */
export function itemsOf(answer: unknown, at = 'items'): readonly unknown[] | null {
  if (isList(answer)) return answer
  const items = valueAt(answer, at)
  return isList(items) ? items : null
}

/** Columns of things nobody chose columns for: every field that fits into a cell. */
function columnsOf(items: readonly unknown[]): readonly string[] {
  const first = items[0]
  return isRecord(first) ? Object.keys(first).filter((name) => !isList(first[name]) && name !== 'rowVersion') : []
}

export function showItems(world: World, items: readonly unknown[], columns: readonly string[] | undefined, isJson: boolean): void {
  if (isJson) {
    for (const item of items) world.out.write(`${JSON.stringify(item)}\n`)
    return
  }
  if (items.length === 0) return world.talk.write('Nothing found.\n')
  const names = columns ?? columnsOf(items)
  world.out.write(tableOf(names.map(headingOf), items.map((item) => names.map((name) => cellOf(valueAt(item, name))))))
}

export function showThing(world: World, thing: unknown, isJson: boolean): void {
  if (thing === undefined || thing === null) return world.talk.write('Done.\n')
  world.out.write(isJson ? `${JSON.stringify(thing, null, 2)}\n` : recordOf(thing))
}
