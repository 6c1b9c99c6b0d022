// Values that a column may take, recognisable where the column's rules allow it: a canary that turns up anywhere else tells of a leak.
import type { Dice } from './dice.ts'
import { patterns, words } from './check-text.ts'
import { textMatching } from './pattern-text.ts'
import { literal } from './tapped.ts'
import type { ColumnFacts, TableFacts } from './table-facts.ts'

/** SQL expressions, the best canary first. `default` leaves the value to the database. */
export function valuesFor(table: TableFacts, column: ColumnFacts, organization: string, dice: Dice): string[] {
  const checks = table.checks.filter((check) => check.columns.includes(column.name)).map((check) => check.text)
  const values = byType(table, column, checks, organization, dice)
  // A text or a document is its own canary; of the other kinds the database's own choice is the likelier to be right.
  const isCanaryFirst = !column.hasDefault || (/^(text|jsonb|character)/.test(column.type) && checks.every((check) => words(check).length === 0))
  const ordered = column.hasDefault ? (isCanaryFirst ? [...values, 'default'] : ['default', ...values]) : values
  return column.isNullable ? [...ordered, 'null'] : ordered
}

function byType(table: TableFacts, column: ColumnFacts, checks: readonly string[], organization: string, dice: Dice): string[] {
  const type = column.type.replace(/\(.*\)$/, '')
  const sized = [...checks.join(' ').matchAll(/octet_length\(\w+\) = (\d+)/g)].map((match) => Number(match[1]))
  switch (type) {
    case 'text':
    case 'character':
    case 'character varying':
      return texts(table, column, checks, dice).map(literal)
    case 'uuid':
      return [literal(dice.uuid()), literal(organization)]
    case 'text[]':
      return [`array[${literal(`canary-${dice.hex(12)}`)}]`, ...checks.flatMap(words).map((word) => `array[${literal(word)}]`), "'{}'"]
    case 'uuid[]':
      return [`array[${literal(dice.uuid())}]::uuid[]`, "'{}'"]
    case 'jsonb':
    case 'json':
      return [`'{"canary":"canary-${dice.hex(16)}"}'`, `'["canary-${dice.hex(16)}"]'`, "'[]'", "'{}'", `'"canary-${dice.hex(16)}"'`]
    case 'bytea':
      return [...sized, 32].map((bytes) => `'\\x${dice.hex(bytes * 2)}'`)
    case 'boolean':
      return ['false', 'true']
    case 'smallint':
      return ['7', '1', '0']
    case 'integer':
      return [String(100_000 + dice.below(800_000)), '12', '1', '0', '-1']
    case 'bigint':
      return [`7${dice.below(900_000) + 100_000}${dice.below(900_000) + 100_000}`, '12', '1', '0', '-1']
    case 'numeric':
    case 'double precision':
    case 'real':
      return [`${dice.below(80_000) + 10_000}.${dice.below(900) + 100}`, '12', '1', '0', '0.5', '-1']
    case 'date':
      return ["'2031-07-17'", 'current_date', "current_date + 30", "current_date - 30"]
    case 'timestamp with time zone':
      return ['now()', "now() + interval '30 days'", "now() - interval '30 days'"]
    case 'time without time zone':
      return ["'16:30'", "'00:00'"]
    case 'interval':
      return ["'3 hours'"]
    default:
      return ['null']
  }
}

function texts(table: TableFacts, column: ColumnFacts, checks: readonly string[], dice: Dice): string[] {
  const canary = `canary-${table.name.slice(4)}-${column.name}-${dice.hex(12)}`
  const listed = checks.flatMap(words)
  const shaped = checks.flatMap(patterns).flatMap((pattern) => [textMatching(pattern, dice), textMatching(pattern, dice)])
  const digits = (length: number): string => withCheckDigit(Array.from({ length: length - 1 }, () => String(dice.below(10))).join(''))
  const usual = [canary, `canary-${dice.hex(10)}`, `canary${dice.hex(3)}`, `canary-${dice.hex(10)}@canary.example`, `https://canary.example/${dice.hex(12)}`, dice.hex(64), 'EUR', 'DE', 'each', 'Europe/Berlin', 'en', 'A', '1', '']
  return [...listed, ...shaped, ...(listed.length > 0 ? [] : usual), digits(13), digits(8), digits(14), ...(listed.length > 0 ? usual : [])]
}

/** GS1's check digit, for the columns that insist on it. */
function withCheckDigit(digits: string): string {
  const sum = digits.split('').toReversed().reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 3 : 1), 0)
  return digits + String((10 - (sum % 10)) % 10)
}
