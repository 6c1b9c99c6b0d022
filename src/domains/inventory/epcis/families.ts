// Parameters of the simple event query whose names hold something of the caller's: a unit of measure, or a type of his own.
import { sensor } from './filters.ts'

/** A condition with its value. */
export type Condition = readonly [sql: string, value: string]

const MEASURED = /^(EQ|GT|GE|LT|LE)_(value|minValue|maxValue|meanValue|sDev|percValue)_([A-Z0-9]{2,3})$/
const TYPED = /^EQ_(bizTransaction|source|destination)_([A-Za-z][A-Za-z0-9+.-]*:[!-{}~]+)$/
const OPERATORS = new Map([['EQ', '='], ['GT', '>'], ['GE', '>='], ['LT', '<'], ['LE', '<=']])
const ROLES = new Map([['bizTransaction', 'transaction'], ['source', 'source'], ['destination', 'destination']])

/** The condition that a parameter of a family stands for; null for any other name. The unit is that of the report: nothing is converted. */
export function familyCondition(name: string, value: string): Condition | null {
  const [, operation = '', figure, uom] = MEASURED.exec(name) ?? []
  const operator = OPERATORS.get(operation)
  if (operator !== undefined && figure !== undefined && uom !== undefined) {
    return [sensor('sensorReport[*]', `v.value ->> 'uom' = split_part(?, ' ', 1) and (v.value ->> '${figure}')::numeric ${operator} split_part(?, ' ', 2)::numeric`), `${uom} ${value}`]
  }
  const [, list = '', type] = TYPED.exec(name) ?? []
  const role = ROLES.get(list)
  if (role === undefined || type === undefined) return null
  return [
    `e.id in (select x.event_id from bss.epcis_epc x where x.organization_id = $1 and x.role = '${role}' and x.epc = any(string_to_array(?, '|')))`,
    value.split('|').map((each) => `${type} ${each}`).join('|'),
  ]
}
