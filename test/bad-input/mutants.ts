// Wrong bodies of an operation, made from its schema and a valid body. Some are wrong by the schema; some must be wrong whatever
// the schema says (a decimal as a number, a text without end), so that a schema that forgot a bound is found out.
import { isList, isRecord } from '../../src/kernel/json.ts'
import { meant, type Schema, type Spot, spotsOf, withValue, without } from './spots.ts'

export interface Mutant {
  readonly what: string
  /** The body as it goes over the wire. */
  readonly text: string
  /** Where the refusal must point: there, or beneath it. */
  readonly at: string
  /** The code that one of the faults must have. */
  readonly code?: string
  /** The fault may also be deeper. */
  readonly isAnywhere?: true
}

/** Stands in a value for a number that JSON.stringify cannot write. */
const ENDLESS = '"<1e999>"'
const write = (value: unknown): string => JSON.stringify(value).replaceAll(JSON.stringify(ENDLESS), '1e999')

const KINDS: readonly unknown[] = [1, 1.5, -1, 0, true, false, 'text', '', null, [], {}, [[]], [null], { a: 1 }]
const NUMBERS: readonly unknown[] = [-1, 1.5, 1e308, -1e308, 2 ** 53, ENDLESS, '1', ' 1', true]
const DECIMALS: readonly unknown[] = [
  1, 12.5, '1e3', '1E3', '1,5', '1.5.1', ' 1', '1 ', '+1', '01', '1.', '.5', '0x10', 'NaN', 'Infinity', '-Infinity', '１２', '١٢', '1_000', '--1', '', '9'.repeat(40), `0.${'1'.repeat(30)}`, `1${'0'.repeat(100_000)}`,
]
const MOMENTS: readonly unknown[] = ['2026-02-30', '2026-13-01', '2026-00-10', '0000-00-00', 'now', 'today', 'infinity', '-infinity', 'epoch', '2026-03-01T25:00:00Z', '2026-03-01T09:30:00+99:99', '2026-03-01 09:30:00', '01.03.2026', '2026-3-1', '1e9', '12026-01-01', '2026-03-01T09:30:00', 1_772_000_000]
const IDS: readonly unknown[] = ['nope', '0190A0B0-0000-7000-8000-000000000001', '{0190a0b0-0000-7000-8000-000000000001}', '0190a0b000007000800000000000001', "' or 1=1 --", '0190a0b0-0000-7000-8000-000000000001\n', 7]
const STRANGE_FIELDS = ['organizationId', 'organization_id', 'role', 'roles', 'permissions', 'isAdmin', 'id', 'rowVersion', 'createdAt', 'number', 'constructor', 'toString', 'hasOwnProperty', '$where', '', 'a/b~c'] as const
const BODY_BYTES = 700_000

const patternOf = (schema: Schema): string => (typeof schema['pattern'] === 'string' ? schema['pattern'] : '')
/** Text that is a decimal: it takes `12` and no letters. */
export const isDecimal = (schema: Schema): boolean => schema['type'] === 'string' && patternOf(schema).includes('(\\.[0-9]') && new RegExp(patternOf(schema), 'u').test('12')

const isMoment = ({ format }: Schema): boolean => format === 'date' || format === 'date-time'

/** Values that must be refused at the spot. */
function wrongAt(spot: Spot): [string, unknown][] {
  const schema = meant(spot.schema)
  const by = (name: string, values: readonly unknown[]): [string, unknown][] => values.map((value) => [`${name} ${JSON.stringify(value).slice(0, 40)}`, value])
  const wrong = by('kind', KINDS.filter((value) => !spot.validator.Check(value)))
  if (schema['type'] === 'integer' || schema['type'] === 'number') wrong.push(...by('number', NUMBERS.filter((value) => value === ENDLESS || !spot.validator.Check(value))))
  if (isDecimal(schema)) wrong.push(...by('decimal', DECIMALS))
  if (isMoment(schema)) wrong.push(...by('moment', MOMENTS))
  if (schema['format'] === 'uuid') wrong.push(...by('id', IDS))
  if (schema['type'] === 'string') {
    // A field may be long when its contract says how long; one that says nothing must not take this much either.
    const tooMany = Math.max(100_000, (typeof schema['maxLength'] === 'number' ? schema['maxLength'] : 0) + 1)
    wrong.push(['text without end', 'x'.repeat(tooMany)], ['spaces without end', ' '.repeat(tooMany)])
  }
  if (isRecord(schema['items']) && isList(spot.value) && spot.value.length > 0) {
    const one = spot.value[0]
    wrong.push(['list without end', Array.from({ length: Math.min(100_000, Math.floor(BODY_BYTES / (JSON.stringify(one).length + 1))) }, () => one)])
  }
  return wrong
}

/** A field more in an object; `__proto__` can only be written by hand. */
function strangersIn(body: unknown, spot: Spot, spots: readonly Spot[]): Mutant[] {
  const schema = meant(spot.schema)
  const { properties } = schema
  if (!isRecord(properties) || !isRecord(spot.value)) return []
  const { value } = spot
  const names = STRANGE_FIELDS.filter((name) => !Object.hasOwn(properties, name))
  const added = names.map((name): Mutant => ({
    what: `unknown field ${spot.pointer}/${name}`, code: 'unknown', at: `${spot.pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    text: write(withValue(body, spot.path, { ...value, [name]: '0190a0b0-0000-7000-8000-000000000001' }, spots)),
  }))
  const marked = write(withValue(body, spot.path, { '<mark>': 1, ...value }, spots))
  const first = Object.keys(value)[0]
  return [
    ...added,
    { what: `__proto__ in ${spot.pointer}`, code: 'unknown', at: `${spot.pointer}/__proto__`, text: marked.replace('"<mark>":1', '"__proto__":{"isAdmin":true}') },
    ...(first === undefined ? [] : [{ what: `${spot.pointer}/${first} twice`, code: 'duplicate', at: '', text: marked.replace('"<mark>":1', `${JSON.stringify(first)}:null`) }]),
  ]
}

const QUOTED = /"(?:[^"\\]|\\.)*"(?=[,\]}])/

/** All wrong bodies of one operation. The valid body is no part of them. */
export function mutantsOf(schema: Schema, body: unknown): Mutant[] {
  const spots = spotsOf(schema, body)
  const mutants = spots.flatMap((spot): Mutant[] => [
    ...wrongAt(spot).map(([what, value]): Mutant => ({ what: `${spot.pointer} = ${what}`, text: write(withValue(body, spot.path, value, spots)), at: spot.pointer })),
    ...strangersIn(body, spot, spots),
  ])
  for (const { path, pointer, isRequired } of spots) {
    if (isRequired && path.length > 0) mutants.push({ what: `without ${pointer}`, text: write(without(body, path)), at: pointer, code: 'required' })
  }
  const text = write(body)
  const says = (what: string, wrong: string, code: string): Mutant => ({ what, text: wrong, at: '', code })
  const inText = (what: string, wrong: string): Mutant => ({ ...says(what, text.replace(QUOTED, wrong), 'text'), isAnywhere: true })
  return [
    ...mutants.filter((mutant) => mutant.text !== text),
    says('cut in the middle', text.slice(0, Math.ceil(text.length / 2)), 'json'), says('cut at the end', text.slice(0, -1), 'json'), says('something after it', `${text}x`, 'json'), says('a second body after it', `${text}${text}`, 'json'),
    says('a comma too many', text.replace(/\}$/, ',}'), 'json'), says('a comment', `/* */${text}`, 'json'), says('single quotes', text.replaceAll('"', "'"), 'json'), says('a byte order mark', `\uFEFF${text}`, 'json'),
    says('NaN', text.replace(QUOTED, 'NaN'), 'json'), 
    inText('half a surrogate', String.raw`"\ud800"`), inText('a NUL', String.raw`"a\u0000b"`),
    says('a raw control character', text.replace(QUOTED, '"a\u0001b"'), 'json'), says('50,000 lists', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, 'depth'), says('50,000 open lists', '['.repeat(50_000), 'depth'),
    says('50,000 objects', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, 'depth'), says('a field 50,000 deep', text.replace(QUOTED, `${'['.repeat(50_000)}${']'.repeat(50_000)}`), 'depth'),
  ].filter((mutant) => mutant.text !== text)
}
