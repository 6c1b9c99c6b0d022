// Aligned text tables. Figures stand to the right, so that their digits can be compared.
import { isList, isRecord } from '../kernel/json.ts'

const NUMBER = /^-?[0-9][0-9,]*(\.[0-9]+)?%?$/
const CELL_CHARS_MAX = 60

/** Control characters would move the cursor or recolour the terminal: data must not do that. */
const clean = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ')

/** The text of a value from an answer. */
export function cellOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return clean(value)
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (isList(value)) return value.every((part) => !isList(part) && !isRecord(part)) ? value.map(cellOf).join(', ') : String(value.length)
  if (isRecord(value) && typeof value['amount'] === 'string' && typeof value['currency'] === 'string') return `${value['amount']} ${value['currency']}`
  return clean(JSON.stringify(value) ?? '')
}

/** The value at `customer.code` in an answer. */
export function valueAt(value: unknown, path: string): unknown {
  let current = value
  for (const name of path.split('.')) current = isRecord(current) && Object.hasOwn(current, name) ? current[name] : undefined
  return current
}

/** `customer.code` → `CUSTOMER CODE`. */
export const headingOf = (path: string): string => path.replaceAll('.', ' ').replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toUpperCase()

const widthOf = (text: string): number => Array.from(text).length
const cut = (text: string): string => (widthOf(text) > CELL_CHARS_MAX ? `${Array.from(text).slice(0, CELL_CHARS_MAX - 1).join('')}…` : text)

/** A table with a heading line. Columns are two spaces apart; no cell is longer than 60 characters. */
export function tableOf(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(cut))
  const isNumeric = headings.map((_, column) => cells.length > 0 && cells.every((row) => (row[column] ?? '') === '' || NUMBER.test(row[column] ?? '')))
  const widths = headings.map((heading, column) => Math.max(widthOf(heading), ...cells.map((row) => widthOf(row[column] ?? ''))))
  const lineOf = (row: readonly string[]): string =>
    widths.map((width, column) => {
      const text = row[column] ?? ''
      const space = ' '.repeat(width - widthOf(text))
      return isNumeric[column] === true ? space + text : text + space
    }).join('  ').trimEnd()
  return `${[headings, ...cells].map(lineOf).join('\n')}\n`
}

/** One thing, a field a line. Lists of things become tables below. */
export function recordOf(value: unknown): string {
  if (!isRecord(value)) return `${cellOf(value)}\n`
  const flat = flatten(value, '')
  const width = Math.max(0, ...flat.fields.map(([name]) => name.length))
  const fields = flat.fields.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`).join('')
  const lists = flat.lists.map(([name, rows]) => {
    const columns = [...new Set(rows.flatMap((row) => (isRecord(row) ? Object.keys(row) : [])))]
    return `\n${name}\n${tableOf(columns.map(headingOf), rows.map((row) => columns.map((column) => cellOf(valueAt(row, column)))))}`
  })
  return fields + lists.join('')
}

function flatten(value: Readonly<Record<string, unknown>>, before: string): { fields: [string, string][]; lists: [string, readonly unknown[]][] } {
  const fields: [string, string][] = []
  const lists: [string, readonly unknown[]][] = []
  for (const [key, part] of Object.entries(value)) {
    const name = before + key
    if (isList(part) && part.some(isRecord)) lists.push([name, part])
    else if (isRecord(part) && !('amount' in part && 'currency' in part)) {
      const inner = flatten(part, `${name}.`)
      fields.push(...inner.fields)
      lists.push(...inner.lists)
    } else fields.push([name, cellOf(part)])
  }
  return { fields, lists }
}
