// Help is made from the commands and their contracts, so that it cannot say what is no longer so.
import type { Example, Noun, OperationCommand } from './command.ts'
import { EXIT_MEANINGS } from './exit.ts'
import { flagsOf, paramsOf } from './flags.ts'

/** A command that is no single operation: import, doctor, whoami. */
export interface HandMade {
  readonly word: string
  /** The noun whose verb it is; absent: a word of its own. */
  readonly noun?: string
  readonly usage: string
  readonly summary: string
  readonly options: readonly (readonly [string, string])[]
  readonly notes: readonly string[]
  readonly examples: readonly Example[]
}

const GLOBAL: readonly (readonly [string, string])[] = [
  ['--url URL', 'address of the server (BSS_URL, else demo.json, else http://127.0.0.1:8080)'],
  ['--key KEY', 'API key (BSS_KEY, else demo.json)'],
  ['--organization SLUG', 'take the key of this organization from demo.json in the data folder (BSS_DATA, else ./.bss)'],
  ['--role ROLE', 'take the key of this role (tenant_admin); `operator` for the platform'],
  ['--json', 'JSON instead of a table; lists give one object per line'],
  ['-h, --help', 'this'],
]

const section = (title: string, rows: readonly (readonly [string, string])[]): string => {
  if (rows.length === 0) return ''
  const width = Math.max(...rows.map(([name]) => name.length))
  return `\n${title}\n${rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`.trimEnd()).join('\n')}\n`
}
const examplesOf = (examples: readonly Example[]): string => (examples.length === 0 ? '' : `\nExamples\n${examples.map(({ line, says }) => `  # ${says}\n  bss ${line}`).join('\n')}\n`)

const kebab = (name: string): string => name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toUpperCase()

export function helpOfAll(nouns: readonly Noun[], handMade: readonly HandMade[]): string {
  return [
    'bss: the command line of Blue Ship Sync\n\nUsage: bss NOUN VERB [ID...] [options]\n',
    section('Nouns', nouns.map(({ noun, commands }) => [noun, [...commands.map(({ verb }) => verb), ...handMade.filter((made) => made.noun === noun).map(({ word }) => word)].join(', ')])),
    section('Also', handMade.filter((made) => made.noun === undefined).map(({ word, summary }) => [word, summary])),
    section('Options of every command', GLOBAL),
    section('Exit codes', EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning])),
    examplesOf([
      { line: 'orders list --status confirmed --limit 20', says: 'The newest confirmed orders' },
      { line: 'stock levels --json', says: 'Stock by site and item, for a program' },
      { line: 'import online-retail history.csv.gz --organization acme', says: 'Load a real order history' },
    ]),
    '\nAn ID may also be a name: the sku of an item, the code of a site, location, customer, supplier or carrier, the number of an order, shipment, wave, return, receipt or count, the slug of an organization, the name of a connection or domain.\n`bss NOUN --help` and `bss NOUN VERB --help` say more.\n',
  ].join('')
}

export function helpOfNoun({ noun, summary, commands }: Noun, handMade: readonly HandMade[]): string {
  const own = handMade.filter((made) => made.noun === noun)
  return [
    `bss ${noun}: ${summary}\n\nUsage: bss ${noun} VERB [ID...] [options]\n`,
    section('Verbs', [...commands.map(({ verb, summary: says }): readonly [string, string] => [verb, says]), ...own.map(({ word, summary: says }): readonly [string, string] => [word, says])]),
    examplesOf([...commands, ...own].flatMap(({ examples }) => examples.slice(0, 1))),
    `\n\`bss ${noun} VERB --help\` shows the options of a verb.\n`,
  ].join('')
}

export function helpOfCommand(noun: string, command: OperationCommand): string {
  const { operation } = command
  const options = flagsOf(operation).map(({ flag, type, isRepeatable, isRequired, choices, description }): readonly [string, string] => [
    type === 'switch' ? `--${flag}` : `--${flag} ${type === 'integer' ? 'N' : 'TEXT'}`,
    [isRequired ? 'required' : '', choices.length > 0 ? choices.join(', ') : '', description, isRepeatable ? 'may be repeated' : ''].filter((part) => part !== '').join('; '),
  ])
  const lists = (command.lists ?? []).map(({ flag, fields }): readonly [string, string] => [`--${flag} ${fields.map(kebab).join('=')}`, 'may be repeated'])
  const extra: (readonly [string, string])[] = []
  if (operation.body !== undefined) extra.push(['--data JSON', 'the whole body, or the part that has no option; options win'])
  if (operation.ifMatch === true) extra.push(['--row-version N', 'required; the version that was read'])
  if (operation.method !== 'GET') extra.push(['--idempotency-key KEY', 'do this once, however often the command is repeated with the key'])
  if (operation.query !== undefined && (operation.nextBy ?? 'after') in operation.query.properties) extra.push(['--all', 'every page, not only the first'])
  const needs = [operation.needs].flat()
  return [
    `bss ${noun} ${command.verb}: ${command.summary}\n\nUsage: bss ${[noun, command.verb, ...paramsOf(operation).map(kebab)].join(' ')}${options.length + lists.length + extra.length > 0 ? ' [options]' : ''}\n`,
    section('Options', [...lists, ...options, ...extra]),
    section('Options of every command', GLOBAL),
    needs.length === 0 ? '' : `\nNeeds the permission ${needs.join(' and ')}.\n`,
    examplesOf(command.examples),
  ].join('')
}

export function helpOfHandMade(made: HandMade): string {
  return [`bss ${made.noun === undefined ? '' : `${made.noun} `}${made.word}: ${made.summary}\n\nUsage: bss ${made.usage}\n`, section('Options', made.options), section('Options of every command', GLOBAL), made.notes.length === 0 ? '' : `\n${made.notes.join('\n')}\n`, examplesOf(made.examples)].join('')
}
