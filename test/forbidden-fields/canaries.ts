// Values that appear nowhere else: in every field of a class that not everybody sees. Most go in by the door, in the examples of the
// contracts, so that they lie wherever the product writes them; the columns of money tell which those are.
import type { FieldClass } from '../../src/kernel/access.ts'
import { isList, isRecord } from '../../src/kernel/json.ts'
import type { NamedOperation } from '../../src/app/access-matrix/planted.ts'
import { sql } from '../setup/sql.ts'

export interface Canary {
  readonly fieldClass: FieldClass
  /** Where it lies: `item_cost.unit_cost`, `orders.addCustomerContact.email`. */
  readonly where: string
  /** How it may be written. */
  readonly forms: readonly string[]
}

let count = 0
/** Two fraction digits, which every field of money takes. */
export const moneyCanary = (): string => `${7_310_011 + 10_007 * (count += 1)}.${10 + (count % 90)}`
export const personCanary = (): string => `canary-${(count += 1)}-of-a-person`

const MONEY_FIELD = /^(?:unitPrice|unitCost|amount)$/
const PERSON_FIELD = /^(?:email|phone|displayName|userName|receivedBy)$/
/** The operations with canaries in their examples; those of people are told to `note`. */
export function withCanaries(operations: readonly NamedOperation[], note: (canary: Canary) => void): NamedOperation[] {
  const planted = (name: string, value: unknown, field: string): unknown => {
    if (isList(value)) return value.map((each) => planted(name, each, field))
    if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, planted(name, inner, key)]))
    if (typeof value !== 'string') return value
    if (MONEY_FIELD.test(field)) return moneyCanary()
    if (!PERSON_FIELD.test(field) && !(name === 'orders.addCustomerContact' && field === 'name')) return value
    const text = value.includes('@') ? `${personCanary()}@secret.example` : personCanary()
    note({ fieldClass: 'pii', where: `${name}.${field}`, forms: [text] })
    return text
  }
  return operations.map(({ name, operation }) => ({ name, operation: operation.example === undefined ? operation : { ...operation, example: planted(name, operation.example, '') } }))
}

/** Which class the money of a table belongs to. A new table with money must be named here, and a step must plant a row of it. */
const CLASS_OF_TABLE: Readonly<Record<string, FieldClass>> = {
  cost_of_goods: 'cost', count_tolerance: 'cost', item_cost: 'cost', purchase_order_line_money: 'cost', purchase_order_money: 'cost', order_line_money: 'price', order_money: 'price', price: 'price',
}
const MONEY_COLUMN = '(price|amount|minor|cost|worth|margin|discount|revenue|credit_limit|iban)'

/** Every value of money that the organization has, and the columns that have none. */
export async function moneyOf(superuserUrl: string, organizationId: string): Promise<{ readonly canaries: readonly Canary[]; readonly empty: readonly string[] }> {
  const columns = await sql(superuserUrl, `
    select c.relname::text, a.attname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'bss'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and a.atttypid in ('numeric'::regtype, 'bigint'::regtype) and a.attname ~ $1 order by 1, 2`, [MONEY_COLUMN])
  const canaries: Canary[] = []
  const empty: string[] = []
  for (const [table = '', column = ''] of columns.map((row) => row.map((value) => value ?? ''))) {
    const fieldClass = CLASS_OF_TABLE[table]
    const values = await sql(superuserUrl, `select distinct trim_scale(abs(${column}::numeric))::text from bss.${table} where organization_id = $1 and ${column} is not null`, [organizationId])
    if (fieldClass === undefined || values.length === 0) empty.push(`${table}.${column}`)
    else for (const [value] of values) canaries.push({ fieldClass, where: `${table}.${column}`, forms: column.endsWith('_minor') ? minorForms(value ?? '') : [value ?? ''] })
  }
  return { canaries, empty }
}
const minorForms = (minor: string): string[] => [minor, `${minor.slice(0, -2)}.${minor.slice(-2)}`]

/** The canaries whose value is in the text, not as a part of another number or id. */
export const heardIn = (text: string, canaries: readonly Canary[]): Canary[] =>
  canaries.filter(({ forms }) => forms.some((form) => text.includes(form) && new RegExp(`(?<![0-9a-f])${form.replaceAll('.', '\\.')}0*(?![0-9])`).test(text)))
