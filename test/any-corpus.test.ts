import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { expect, test } from 'vitest'

const root = `${import.meta.dirname}/..`
const folder = 'test/any-corpus/cases'
const run = promisify(execFile)

type Case = { name: string; kind: string; file: string; from: number; to: number }
type Finding = { file: string; line: number; by: string }

function casesOf(file: string): Case[] {
  const lines = readFileSync(`${root}/${folder}/${file}`, 'utf8').split('\n')
  const heads = lines.flatMap((line, index) => {
    const match = /^\/\/ (case|rule|only architecture): (.+)$/.exec(line)
    return match === null ? [] : [{ name: match[2] ?? '', kind: match[1] ?? '', from: index + 1 }]
  })
  return heads.map((head, index) => ({ ...head, file, to: (heads[index + 1]?.from ?? lines.length + 1) - 1 }))
}

// The linter and the coverage of types leave with an error when they find something, which is what they are here for.
async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const failed = Type.Object({ stdout: Type.String(), code: Type.Number() })
  try {
    return (await run(process.execPath, [`${root}/node_modules/${program}`, ...args], { cwd: root, maxBuffer: 1 << 26 })).stdout
  } catch (error) {
    return Value.Parse(failed, error).stdout
  }
}

const Diagnostics = Type.Object({
  diagnostics: Type.Array(
    Type.Object({
      code: Type.String(),
      filename: Type.String(),
      labels: Type.Array(Type.Object({ span: Type.Object({ line: Type.Number() }) })),
    }),
  ),
})

// The rules that see a missing type, wherever it came from.
const ABOUT_ANY = /no-unsafe-|no-explicit-any|consistent-type-assertions|no-non-null-assertion|restrict-template|type-coverage/

/** The rules of the house, without the lines that keep them away from the corpus and from tests. */
function rulesOfTheHouse(): string {
  const rules: unknown = JSON.parse(readFileSync(`${root}/.oxlintrc.json`, 'utf8'))
  const settings = Value.Parse(Type.Record(Type.String(), Type.Unknown()), rules)
  const file = `${root}/.bss/any-corpus.oxlintrc.json`
  mkdirSync(`${root}/.bss`, { recursive: true })
  writeFileSync(file, JSON.stringify({ ...settings, $schema: '', ignorePatterns: [], overrides: [] }))
  return file
}

async function lintFindings(): Promise<Finding[]> {
  const output = await outputOf('oxlint/bin/oxlint', ['-c', rulesOfTheHouse(), '--type-aware', '--format', 'json', folder])
  const { diagnostics } = Value.Parse(Diagnostics, JSON.parse(output))
  return diagnostics
    .map(({ code, filename, labels }) => ({ file: filename.split('/').at(-1) ?? '', line: labels[0]?.span.line ?? 0, by: code }))
}

async function coverageFindings(): Promise<Finding[]> {
  const output = await outputOf('type-coverage/bin/type-coverage', ['-p', 'test/any-corpus/tsconfig.json', '--strict', '--detail', '--at-least', '100'])
  return [...output.matchAll(/([\w-]+\.ts):(\d+):\d+/g)].map(([, file = '', line = '0']) => ({ file, line: Number(line), by: 'type-coverage' }))
}

const cases = readdirSync(`${root}/${folder}`)
  .filter((file) => !file.endsWith('.d.ts'))
  .flatMap(casesOf)
const findings = [...(await lintFindings()), ...(await coverageFindings())]

for (const { name, kind, ...place } of cases) {
  const here = findings.filter(({ file, line }) => file === place.file && line >= place.from && line <= place.to).map(({ by }) => by)
  const caughtBy = here.filter((by) => (kind === 'rule' ? by.includes(`(${name})`) : ABOUT_ANY.test(by)))
  // When a tool learns to see what only architecture stops today, this goes red and it becomes a case like the rest.
  test(`${kind}: ${name}`, () => expect({ isCaught: caughtBy.length > 0, here }).toEqual({ isCaught: kind !== 'only architecture', here }))
}

test('the corpus is as large as it was', () => expect(cases.length).toBeGreaterThanOrEqual(46))
