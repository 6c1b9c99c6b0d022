import { isTest } from './floors.ts'
import { lineAt, type Source } from './source.ts'

const FILE_LINES_MAX = 400
const isCode = (path: string): boolean => /\.(?:ts|tsx|mjs)$/.test(path)
// The rules quote what they forbid.
const isAboutRules = (path: string): boolean => /^test\/(?:tidy|any-corpus)\b/.test(path)

function hits(source: Source, where: 'code' | 'comments' | 'text', pattern: RegExp, why: string): string[] {
  return [...source[where].matchAll(pattern)].map((match) => `${source.path}:${lineAt(source.text, match.index)}: ${why} (${match[0].trim()})`)
}

/** A file ends before its four hundredth line; the linter holds the wall of 70 lines for functions. */
export function fileSize(source: Source): string[] {
  const lines = source.text.trimEnd().split('\n').length
  return isCode(source.path) && lines > FILE_LINES_MAX ? [`${source.path}: ${lines} lines, the wall is at ${FILE_LINES_MAX}`] : []
}

export function noAny(source: Source): string[] {
  return hits(source, 'code', /(?:\bas|:|<|,|\||&|=>|=)\s*any\b(?!\s*[(:.=])|\bany\[\]/g, 'no any')
}

/** The checks cannot be switched off: an expected error belongs into a `*.types.ts`, and only the doors may silence a lint rule. */
export function noSwitchingOff(source: Source): string[] {
  if (isAboutRules(source.path)) return []
  const isDoor = /^src\/(?:kernel|platform)\//.test(source.path)
  const lint = /(?:oxlint|eslint)-disable[^\n]*|type-coverage:ignore[^\n]*/g
  const silenced = isDoor ? hits(source, 'comments', lint, 'a reason must follow').filter((hit) => !hit.includes(' -- ')) : hits(source, 'comments', lint, 'no silencing')
  const expected = source.path.endsWith('.types.ts') ? [] : hits(source, 'comments', /@ts-expect-error/g, 'only in *.types.ts')
  return [...silenced, ...expected, ...hits(source, 'comments', /@ts-(?:ignore|nocheck)/g, 'never')]
}

export function noDefaultExport(source: Source): string[] {
  if (/\.config\.ts$|^test\/setup\/cluster\.ts$/.test(source.path)) return []
  return hits(source, 'code', /\bexport\s+default\b|\bas\s+default\b/g, 'named exports only')
}

/** No barrels: only the face of a room passes on what others wrote. */
export function noBarrel(source: Source): string[] {
  return /^src\/domains\/.+\/index\.ts$/.test(source.path) ? [] : hits(source, 'code', /\bexport\s*\*/g, 'no barrels')
}

const HOMELESS = /^(?:utils?|helpers?|common|misc|shared|managers?|base)$|[-.](?:utils?|helpers?|manager)$/

export function names(source: Source): string[] {
  const parts = source.path.split('/').map((part, index, all) => (index === all.length - 1 ? part.replace(/\.[a-z]+$/, '') : part))
  const homeless = parts.filter((part) => HOMELESS.test(part)).map((part) => `${source.path}: "${part}" is not a name, it has no home yet`)
  const file = source.path.split('/').at(-1) ?? ''
  const isKebab = !/^src\/.*\.ts$/.test(source.path) || /^[a-z0-9]+(?:[-.][a-z0-9]+)*\.ts$/.test(file)
  const isMigration = !/\/migrations\//.test(source.path) || /^\d{8}T\d{4}_[a-z][a-z0-9_]*\.sql$/.test(file)
  return [
    ...homeless,
    ...(isKebab ? [] : [`${source.path}: files are kebab-case.ts`]),
    ...(isMigration || isTest(source.path) ? [] : [`${source.path}: migrations are 20260301T0900_orders_incoterm.sql`]),
  ]
}

export function todos(source: Source): string[] {
  if (isAboutRules(source.path)) return []
  const wrong = hits(source, 'comments', /\b(?:TODO|FIXME|XXX|HACK)\b(?:\(#\d+\):)?/g, 'write TODO(#123): or do it now')
  return wrong.filter((hit) => !/\(TODO\(#\d+\):\)$/.test(hit))
}

/** Assertions and `!` are for the doors (the linter refuses them elsewhere), each with a comment on its line or on the line above. */
export function reasons(source: Source): string[] {
  if (!/^src\/(?:kernel|platform)\//.test(source.path) || isTest(source.path)) return []
  const withoutNames = source.code
    .replace(/\b(?:import|export)\b(?:\s+type)?[^'"`;={}]*\{[^}]*\}/g, (clause) => clause.replace(/[^\n]/g, ' '))
    .replace(/\bimport\s+(?:type\s+)?\*\s+as\b/g, (clause) => clause.replace(/[^\n]/g, ' '))
    .replace(/\[\s*\w+\s+in\b[^\]]*\]/g, (clause) => clause.replace(/[^\n]/g, ' '))
  const commented = source.comments.split('\n').map((line) => line.trim() !== '')
  return withoutNames.split('\n').flatMap((line, index) => {
    const isAssertion = /[\w)\]}'"`!]\s+as\s+(?!const\b)[\w({[<'"`|]/.test(line) || /[\w)\]]!(?=[.[;,)\]\s]|$)(?!\s*=)/.test(line)
    const hasReason = commented[index] === true || commented[index - 1] === true
    return isAssertion && !hasReason ? [`${source.path}:${index + 1}: an assertion needs its reason in a comment (${line.trim().slice(0, 60)})`] : []
  })
}

/** The repository knows neither the machine it was written on nor the place its packages came from. */
export function noTraces(source: Source): string[] {
  if (isAboutRules(source.path)) return []
  return [
    ...hits(source, 'text', /(?<=^|[\s'"`(=:])(?:\/(?:work|root)\/[\w.-]|\/Users\/[\w.-]+\/|\/home\/(?!node\b)[\w.-]|[A-Z]:\\\\?[A-Za-z])/gm, 'no path of one machine'),
    ...hits(source, 'text', /registry\.(?:npmjs|yarnpkg)\.\w+|npm\.pkg\.github|\bverdaccio\b|\bartifactory\b|^\s*(?:@[\w-]+:)?registry\s*=|:_authToken/gim, 'no registry'),
    ...(source.path === 'package-lock.json' ? hits(source, 'text', /"resolved": "https?:/g, 'the lockfile names no host').slice(0, 1) : []),
  ]
}

/** A test that does not run proves nothing. */
export function noSleepingTest(source: Source): string[] {
  return hits(source, 'code', /\b(?:test|it|describe|suite|bench)(?:\.\w+)*\.(?:skip|only|todo|skipIf|runIf|fails)\b|\b(?:xit|xtest|xdescribe|fit|fdescribe)\s*\(/g, 'every test runs')
}

/** Calls of the door that leads across the walls, in the product's own code. */
export function acrossOrganizations(sources: readonly Source[]): string[] {
  const ours = sources.filter(({ path }) => path.startsWith('src/') && !path.startsWith('src/platform/db/') && !isTest(path))
  return ours.flatMap((source) => hits(source, 'code', /\bacrossOrganizations\s*\(/g, 'call'))
}
