import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { browserSafe, circles, floors, isTest, keepers } from './tidy/floors.ts'
import { type Source, sourceOf } from './tidy/source.ts'
import * as words from './tidy/words.ts'
import budget from './tidy.budget.json' with { type: 'json' }

const root = `${import.meta.dirname}/..`
const isText = (path: string): boolean => !/\.(?:png|jpg|webp|ico|woff2|wasm|gz|zip|y4m|pdf)$/.test(path)

function everyFile(): Source[] {
  // Files that are not committed yet are judged too: the rule should be heard before the commit, not after it.
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' })
  const paths = listed.split('\0').filter((path) => path !== '' && isText(path) && existsSync(`${root}/${path}`))
  return paths.map((path) => sourceOf(path, readFileSync(`${root}/${path}`, 'utf8')))
}

const everything = everyFile()
const corpus = /^test\/any-corpus\/cases\//
const sources = everything.filter(({ path }) => !corpus.test(path))
const product = sources.filter(({ path }) => path.startsWith('src/') && !isTest(path))

type Rule = { name: string; check: (source: Source) => string[]; bad: [path: string, text: string][]; good: [path: string, text: string][] }

const order = 'src/domains/orders'
const RULES: Rule[] = [
  {
    name: 'arrows point downward, and a room shows only its face',
    check: floors,
    bad: [
      ['src/kernel/a.ts', "import { b } from '../platform/b.ts'"],
      ['src/platform/db/a.ts', "import type { Order } from '../../domains/orders/contract.ts'"],
      [`${order}/handlers.ts`, "import { x } from '../shipments/index.ts'"],
      [`${order}/handlers.ts`, "import { insertItem } from '../inventory/store.ts'"],
      ['src/domains/tenancy/store.ts', "import { x } from '../identity/index.ts'"],
      [`${order}/handlers.ts`, "export { x } from '../../app/main.ts'"],
      [`${order}/handlers.ts`, "const x = await import('../finance/index.ts')"],
      [`${order}/store.ts`, "type X = import('../finance/contract.ts').X"],
      [`${order}/ui/page.ts`, "import { insertOrder } from '../store.ts'"],
      ['src/cli/main.ts', "import { x } from '../domains/orders/index.ts'"],
      ['src/app/api.ts', "import { x } from '../domains/orders/store.ts'"],
      ['src/app/api.ts', "import { x } from '../../test/run.ts'"],
      ['src/domains/rockets/store.ts', ''],
      ['src/lonely.ts', ''],
    ],
    good: [
      [`${order}/handlers.ts`, "import { reserve } from '../inventory/index.ts'\nimport { x } from './store.ts'\nimport { write } from '../../platform/db/database.ts'"],
      ['src/app/api.ts', "import { ordersHandlers } from '../domains/orders/handlers.ts'"],
      [`${order}/handlers.ts`, "// import { x } from '../finance/store.ts'\nconst s = \"import { x } from '../finance/store.ts'\""],
    ],
  },
  {
    name: 'what a browser loads runs there',
    check: browserSafe,
    bad: [
      ['src/kernel/a.ts', "import { randomUUID } from 'node:crypto'"],
      ['src/kernel/a.ts', 'const home = process.env'],
      [`${order}/contract.ts`, "import { pino } from 'pino'"],
      [`${order}/rules.ts`, "import { x } from './store.ts'"],
      [`${order}/events.ts`, "import { x } from '../../platform/db/database.ts'"],
    ],
    good: [[`${order}/contract.ts`, "import { Type } from 'typebox'\nimport { Money } from '../../kernel/money.ts'"]],
  },
  {
    name: 'each tool has one keeper',
    check: keepers,
    bad: [
      [`${order}/store.ts`, "import { Pool } from 'pg'"],
      ['src/app/main.ts', "import type { Pool } from 'pg'"],
      ['src/app/api.ts', "import { fastify } from 'fastify'"],
      [`${order}/handlers.ts`, "import { createHash } from 'node:crypto'"],
      [`${order}/handlers.ts`, "import { readFileSync } from 'node:fs'"],
      [`${order}/handlers.ts`, 'const x = process.env'],
    ],
    good: [['src/platform/db/pool.ts', "import { Pool } from 'pg'"]],
  },
  {
    name: 'a file has at most 400 lines',
    check: words.fileSize,
    bad: [['src/app/long.ts', 'a\n'.repeat(401)]],
    good: [['src/app/long.ts', 'a\n'.repeat(400)]],
  },
  {
    name: 'nobody writes any',
    check: words.noAny,
    bad: [
      ['src/app/a.ts', 'const x = y as any'],
      ['src/app/a.ts', 'function f(x: any) {}'],
      ['src/app/a.ts', 'const x: Record<string, any> = {}'],
      ['src/app/a.ts', 'type X = any[]'],
    ],
    good: [['src/app/a.ts', "const any = 'as any' // any word: any\nPromise.any([])"]],
  },
  {
    name: 'no check is switched off',
    check: words.noSwitchingOff,
    bad: [
      ['src/app/a.ts', '// @ts-ignore'],
      ['src/app/a.ts', '// @ts-expect-error'],
      ['src/app/a.ts', '// oxlint-disable-next-line no-console -- because'],
      ['src/platform/log/a.ts', '// oxlint-disable-next-line no-console'],
      ['src/platform/log/a.ts', '// type-coverage:ignore-next-line'],
    ],
    good: [
      ['test/walls.types.ts', '// @ts-expect-error: no Tx without a Ctx.'],
      ['src/platform/log/a.ts', '// oxlint-disable-next-line no-console -- The log itself has failed.'],
    ],
  },
  {
    name: 'exports have names',
    check: words.noDefaultExport,
    bad: [
      ['src/app/a.ts', 'export default function main() {}'],
      ['src/app/a.ts', 'export { main as default }'],
    ],
    good: [['vitest.config.ts', 'export default {}']],
  },
  { name: 'no barrels', check: words.noBarrel, bad: [['src/kernel/index.ts', "export * from './ids.ts'"]], good: [[`${order}/index.ts`, "export * from './face.ts'"]] },
  {
    name: 'every file has a name and a home',
    check: words.names,
    bad: [
      ['src/utils/a.ts', ''],
      ['src/app/helpers.ts', ''],
      ['src/app/date-utils.ts', ''],
      ['src/domains/orders/base.ts', ''],
      ['src/app/OrderManager.ts', ''],
      [`${order}/migrations/001_orders.sql`, ''],
    ],
    good: [
      ['src/platform/db/base-url.ts', ''],
      [`${order}/migrations/20260301T0900_orders.sql`, ''],
    ],
  },
  {
    name: 'a TODO has an issue',
    check: words.todos,
    bad: [
      ['src/app/a.ts', '// TODO: later'],
      ['src/app/a.ts', '/* FIXME */'],
    ],
    good: [['src/app/a.ts', "// TODO(#12): later\nconst x = 'TODO'"]],
  },
  {
    name: 'an assertion gives its reason',
    check: words.reasons,
    bad: [
      ['src/kernel/a.ts', 'const id = text as OrderId'],
      ['src/platform/db/a.ts', 'const row = rows[0]!'],
      ['src/platform/db/a.ts', 'rows[0]!.id'],
    ],
    good: [
      ['src/kernel/a.ts', "import { a as b } from './c.ts'\nimport * as c from './c.ts'\n// Checked above.\nconst id = text as OrderId\nconst e = ['a'] as const\nif (!a !== b) {}"],
    ],
  },
  {
    name: 'no trace of a machine or a registry',
    check: words.noTraces,
    bad: [
      ['README.md', 'run it in /work/main'],
      ['src/app/a.ts', "const x = '/home/anna/code'"],
      ['.npmrc', 'registry=https://packages.example'],
      ['package-lock.json', '"resolved": "https://packages.example/a.tgz"'],
    ],
    good: [['README.md', 'GET /api/v1/work/orders']],
  },
  {
    name: 'every test runs',
    check: words.noSleepingTest,
    bad: [
      ['test/a.test.ts', "test.skip('x', () => {})"],
      ['test/a.test.ts', "describe.only('x', () => {})"],
      ['test/a.test.ts', "it.todo('x')"],
      ['test/a.test.ts', "test.skipIf(true)('x', () => {})"],
    ],
    good: [['test/a.test.ts', "test('x', () => list.only(skip))"]],
  },
]

describe('the house', () => {
  for (const { name, check } of RULES) {
    test(name, () => expect(sources.flatMap(check)).toEqual([]))
  }
  test('no file imports itself through others', () => expect(circles(product)).toEqual([]))
  test('doors across organizations: the number only falls', () => {
    const calls = words.acrossOrganizations(sources)
    // More: find a way that stays inside one organization. Fewer: well done, lower the number in test/tidy.budget.json.
    expect({ count: calls.length, calls }).toEqual({ count: budget.acrossOrganizations, calls })
  })
})

describe('each rule can fail', () => {
  for (const { name, check, bad, good } of RULES) {
    for (const [path, text] of bad) {
      test(`${name}: not ${path} ${text.slice(0, 60).trim()}`, () => expect(check(sourceOf(path, text))).not.toEqual([]))
    }
    test(`${name}: what is right stays allowed`, () => expect(good.flatMap(([path, text]) => check(sourceOf(path, text)))).toEqual([]))
  }
  test('a ring of type-only imports is a circle', () => {
    const ring = [sourceOf('src/kernel/a.ts', "import type { B } from './b.ts'"), sourceOf('src/kernel/b.ts', "export type { A } from './a.ts'")]
    expect(circles(ring)).toHaveLength(1)
  })
  test('a door across organizations is counted', () => {
    expect(words.acrossOrganizations([sourceOf('src/app/a.ts', "database.acrossOrganizations('why', f)")])).toHaveLength(1)
  })
})
