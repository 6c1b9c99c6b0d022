// The import of real data, through a real server: what a person types, what the organization then holds, and that no line is lost.
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXIT } from '../src/cli/exit.ts'
import { PROGRAM } from '../src/cli/program.ts'
import { run } from '../src/cli/run.ts'
import { paperWorld, type TestWorld } from '../src/cli/test/paper.ts'
import { inventoryApi } from '../src/domains/inventory/contract.ts'
import { ordersApi } from '../src/domains/orders/contract.ts'
import { isRecord } from '../src/kernel/json.ts'
import { openHouse, type House } from './setup/house.ts'

let house: House
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bss-import-'))
  house = await openHouse()
  // The organization worked in another currency before.
  await house.client(ordersApi, 'tenant_admin').createPriceList({ body: { code: 'STANDARD', name: 'Standard', currency: 'EUR', isDefault: true } })
})
afterAll(async () => {
  await house?.close()
  await rm(folder, { recursive: true, force: true })
})

interface Ended {
  readonly code: number
  readonly out: string
  readonly talk: string
}
async function bssAs(world: TestWorld, ...argv: string[]): Promise<Ended> {
  const code = await run(PROGRAM, world, argv)
  return { code, out: world.said(), talk: world.talked() }
}
const worldOf = (key: string): TestWorld => paperWorld({ env: { BSS_URL: house.url, BSS_KEY: key } })
const bss = (...argv: string[]): Promise<Ended> => bssAs(worldOf(house.acme.keys.tenant_admin), ...argv)
const globex = (...argv: string[]): Promise<Ended> => bssAs(worldOf(house.globex.keys.tenant_admin), ...argv)

let files = 0
async function fileOf(text: string | Uint8Array): Promise<string> {
  files += 1
  const path = join(folder, `file-${files}`)
  await writeFile(path, text)
  return path
}

interface Report {
  readonly rows: number
  readonly imported: number
  readonly unchanged: number
  readonly refused: number
  readonly isComplete: boolean
  readonly byKind: Readonly<Record<string, number>>
  readonly made: unknown
}
function reportOf({ out, talk }: Ended): Report {
  let value: unknown = null
  try {
    value = JSON.parse(out)
  } catch {
    throw new Error(`There is no report: ${talk}`)
  }
  if (!isRecord(value)) throw new Error('The report is no object.')
  const count = (name: string): number => Number(value[name])
  const lines: readonly unknown[] = Array.isArray(value['lines']) ? value['lines'] : []
  const byKind = Object.fromEntries(lines.filter(isRecord).map((line) => [`${String(line['outcome'])} ${String(line['as'])}`, Number(line['count'])]))
  return { rows: count('rows'), imported: count('imported'), unchanged: count('unchanged'), refused: count('refused'), isComplete: value['isComplete'] === true, byKind, made: value['made'] }
}

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
/** Every kind of dirt of the real file, once. */
const HISTORY = [
  HEADER,
  '536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
  '536365,71053,"LANTERN, ""WHITE""",6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom',
  '536365,85123A,WHITE HANGING HEART,2,2010-12-01 08:26:00,2.55,17850.0,United Kingdom', // The same goods twice on one invoice.
  '536365,POST,POSTAGE,1,2010-12-01 08:26:00,18.0,17850.0,United Kingdom',
  '536366,22633,HAND WARMER,12,2010-12-01 08:28:00,1.85,,EIRE', // Nobody is named.
  '536367,22633,HAND WARMER,1,2010-12-01 08:29:00,0.0,13047.0,United Kingdom', // A gift.
  '536366,22632,,3,2010-12-01 08:28:00,1.85,,EIRE', // The invoice comes back, and this article has no name.
  'C536379,85123A,WHITE HANGING HEART,-3,2010-12-01 09:41:00,2.55,17850.0,United Kingdom',
  'C536380,71053,"LANTERN, ""WHITE""",-99,2010-12-01 09:42:00,3.39,17850.0,United Kingdom', // More than was ever sold.
  'C536381,D,Discount,-1,2010-12-01 09:42:00,27.5,14527.0,United Kingdom',
  'A536382,B,Adjust bad debt,1,2010-12-01 10:00:00,-11062.06,,United Kingdom',
  '536383,71053,damages,-4,2010-12-01 10:03:00,0.0,,United Kingdom',
  '536384,22632,found,7,2010-12-01 10:04:00,0.0,,United Kingdom',
  '536385,22632,HAND WARMER RED,1,2010-12-01 10:05:00,1.85,,European Community',
  '',
].join('\r\n')

describe('a small history with every kind of dirt', () => {
  test('is imported to the last line, each imported or refused with its reason', async () => {
    const path = await fileOf(HISTORY)
    const refusedPath = join(folder, 'refused.csv')
    const ended = await bss('import', 'online-retail', path, '--json', '--organization', 'acme', '--key', house.acme.keys.tenant_admin, '--refused', refusedPath)
    expect([ended.code, ended.talk]).toEqual([EXIT.ok, ended.talk])
    expect(reportOf(ended)).toMatchObject({
      rows: 14, imported: 10, unchanged: 0, refused: 4, isComplete: true,
      byKind: { 'imported order line': 7, 'imported correction': 2, 'imported cancellation': 1, 'refused not_goods': 2, 'refused not_an_order': 1, 'refused no_matching_order': 1 },
      made: { orders: { created: 4 }, items: { created: 4 }, customers: { created: 4 } },
    })
    expect((await readFile(refusedPath, 'utf8')).trimEnd().split('\n').map((line) => line.split(',').slice(0, 2).join(' '))).toEqual(['line reason', '5 not_goods', '11 not_goods', '12 not_an_order', '10 no_matching_order'])
  })
  test('gives the orders, prices and stock that the file tells of', async () => {
    const orders = house.client(ordersApi, 'tenant_admin')
    const { items } = await orders.listOrders({ query: { q: '536366' } })
    expect(items).toMatchObject([{ externalRef: '536366', customerCode: 'walk-in-eire', isBackordered: false, lineCount: 2 }])
    expect(items.map(({ orderedAt }) => Date.parse(orderedAt))).toEqual([Date.UTC(2010, 11, 1, 8, 28)])
    const { items: found } = await orders.listOrders({ query: { q: '536365' } })
    const first = found[0]
    if (first === undefined) throw new Error('The order 536365 is not there.')
    const order = await orders.getOrder({ params: { orderId: first.id } })
    // Three of the eight hearts were taken back, the newest line first.
    expect(order.lines.map(({ sku, ordered, cancelled }) => [sku, ordered, cancelled])).toEqual([['85123A', '6', '1'], ['71053', '6', '0'], ['85123A', '2', '2']])
    const money = await orders.getOrderMoney({ params: { orderId: first.id } })
    expect(money.total).toEqual({ amount: '33.09', currency: 'GBP' })
    const { items: customers } = await orders.listCustomers({ query: { q: 'walk-in' } })
    expect(customers.map(({ code, country }) => [code, country])).toEqual([['walk-in-eire', 'IE'], ['walk-in-european-community', null]])
    const { items: named } = await house.client(inventoryApi, 'tenant_admin').listItems({ query: { 'filter[sku]': '22632' } })
    expect(named[0]?.name).toBe('HAND WARMER RED')
  })
  test('a second run changes nothing and says so', async () => {
    const path = await fileOf(gzipSync(HISTORY))
    const ended = await bss('import', 'online-retail', path)
    expect(ended.out).toContain('14 of 14 lines accounted for: 0 imported, 10 unchanged, 4 refused.\nNothing was changed.')
    expect(ended.code).toBe(EXIT.ok)
  })
  test('a dry run sends nothing', async () => {
    const before = await house.client(ordersApi, 'tenant_admin', house.globex).listOrders({ query: {} })
    const ended = await globex('import', 'online-retail', await fileOf(HISTORY), '--dry-run', '--json')
    expect(reportOf(ended)).toMatchObject({ rows: 14, imported: 11, refused: 3, isComplete: true })
    expect(await house.client(ordersApi, 'tenant_admin', house.globex).listOrders({ query: {} })).toEqual(before)
  })
})

describe('what is refused before anything is sent', () => {
  const broken: readonly [what: string, text: string | Uint8Array, says: RegExp][] = [
    ['a wrong header', HISTORY.replace('StockCode', 'Article'), /Line 1: the column StockCode is missing/],
    ['a lost column', `${HISTORY}536386,22632,X,1,2010-12-01 10:05:00,1.85\r\n`, /Line 16: The row has 6 of 8 fields/],
    ['a column too many', `${HISTORY}536386,22632,X,1,2010-12-01 10:05:00,1.85,,United Kingdom,9\r\n`, /Line 16: The row has 9 fields/],
    ['an open quote', `${HISTORY}536386,22632,"X,1,2010-12-01 10:05:00,1.85,,United Kingdom\r\n`, /Line 16: A quote opens here/],
    ['a cut gzip', gzipSync(HISTORY).subarray(0, 200), /gzip data ends too early/],
    ['another encoding', Buffer.from(HISTORY.replace('HAND WARMER RED', 'CAF\u00c9'), 'latin1'), /Line 15: The text is not UTF-8/],
    ['an empty file', '', /is empty/],
  ]
  for (const [what, text, says] of broken) {
    test(`${what}: one sentence, exit 1, nothing done`, async () => {
      const ended = await globex('import', 'online-retail', await fileOf(text))
      expect(ended.talk).toMatch(says)
      expect([ended.code, ended.out]).toEqual([EXIT.failed, ''])
      expect((await house.client(inventoryApi, 'tenant_admin', house.globex).listItems({ query: {} })).items).toEqual([])
    })
  }
  test('a stranger is told to bring a key', async () => {
    const ended = await bssAs(paperWorld({ env: { BSS_URL: house.url } }), 'import', 'online-retail', await fileOf(HISTORY))
    expect([ended.code, ended.out]).toEqual([EXIT.notAllowed, ''])
  })
  test('a role that may not write is told so', async () => {
    const ended = await bssAs(worldOf(house.globex.keys.auditor), 'import', 'online-retail', await fileOf(HISTORY))
    expect([ended.code, ended.out]).toEqual([EXIT.notAllowed, ''])
    expect(ended.talk).toContain('permission')
  })
  test('a key of another organization than the one named sends nothing into it', async () => {
    const ended = await globex('import', 'online-retail', await fileOf(HISTORY), '--organization', 'acme', '--key', house.globex.keys.tenant_admin)
    expect(ended.code).toBe(EXIT.usage)
    expect(ended.talk).toContain('opens the organization globex, not acme')
    expect((await house.client(inventoryApi, 'tenant_admin', house.globex).listItems({ query: {} })).items).toEqual([])
  })
})

describe('a table by column mapping', () => {
  const args = ['--kind', 'items', '--map', 'sku=Code', '--map', 'name=Description', '--set', 'baseUnit=EA'] as const
  test('imports what fits, refuses the rest with its line, and ends with 5', async () => {
    const refused = join(folder, 'refused-items.csv')
    const path = await fileOf('Code,Description,weightGrams\nT-1,One,12\nT-2,,3\nT-3,"Three, heavy",many\n')
    const ended = await bss('import', 'csv', path, ...args, '--json', '--refused', refused)
    expect(ended.code).toBe(EXIT.partly)
    expect(reportOf(ended)).toMatchObject({ rows: 3, imported: 1, refused: 2, byKind: { 'imported created': 1 } })
    expect(await readFile(refused, 'utf8')).toMatch(/^line,reason,message,Code,Description,weightGrams\n3,[a-z_]+,[^\n]*name[^\n]*,T-2,,3\n4,type,[^\n]*weightGrams[^\n]*,T-3,"Three, heavy",many\n$/)
  })
  test('the file of refused lines, corrected, goes in by the same mapping, and what was in stays unchanged', async () => {
    const path = await fileOf('line,reason,message,Code,Description,weightGrams\n3,x,y,T-2,Two,3\n4,x,y,T-3,"Three, heavy",40\n9,x,y,T-1,One,12\n')
    expect(reportOf(await bss('import', 'csv', path, ...args, '--json'))).toMatchObject({ rows: 3, imported: 2, unchanged: 1, refused: 0 })
  })
  test('rows of one order make one order; a row that contradicts the first is refused alone', async () => {
    const path = await fileOf('Order,Customer,Sku,Qty\nW-1,17850,T-1,2\nW-2,17850,T-1,1\nW-1,17850,T-2,3\nW-1,13047,T-2,4\n')
    const ended = await bss('import', 'csv', path, '--kind', 'orders', '--map', 'external.ref=Order', '--map', 'customerCode=Customer', '--map', 'lines.sku=Sku', '--map', 'lines.quantity=Qty', '--set', 'external.source=web', '--set', 'siteCode=MAIN', '--set', 'currency=GBP', '--json')
    expect(reportOf(ended)).toMatchObject({ rows: 4, imported: 3, refused: 1, byKind: { 'imported created': 3, 'refused contradicts_first_line': 1 } })
    const { items } = await house.client(ordersApi, 'tenant_admin').listOrders({ query: { q: 'W-', sort: 'number' } })
    expect(items.map(({ externalRef, lineCount, isBackordered }) => [externalRef, lineCount, isBackordered]).toSorted(([a], [b]) => String(a).localeCompare(String(b)))).toEqual([['W-1', 2, true], ['W-2', 1, true]])
  })
  test('NDJSON: a broken line harms no other', async () => {
    const path = await fileOf('{"sku":"N-1","name":"One"}\n{broken\n{"sku":"N-2","name":"Two","colour":"red"}\n{"sku":"N-3","name":"Three"}\n')
    expect(reportOf(await bss('import', 'ndjson', path, '--kind', 'items', '--set', 'baseUnit=EA', '--json'))).toMatchObject({ rows: 4, imported: 2, refused: 2, byKind: { 'refused json': 1, 'refused unknown': 1 } })
  })
})

const samples = process.env['BSS_SAMPLE_DIR'] ?? join(import.meta.dirname, '../../shared/data')
const tenDays = join(samples, 'online-retail-first-10-days.csv.gz')

describe('the first ten business days of a real wholesaler', () => {
  if (!existsSync(tenDays)) {
    console.warn(`${tenDays} is not there, so the import of real data is not tested. Name the folder of the samples with BSS_SAMPLE_DIR.`)
    test('is not here: name its folder with BSS_SAMPLE_DIR', () => expect(existsSync(tenDays)).toBe(false))
    return
  }
  test('are interrupted, finished by the same command, and changed by no third run', { timeout: 300_000 }, async () => {
    const world = worldOf(house.globex.keys.integration)
    // Ctrl-C as soon as orders are on their way.
    const watch = setInterval(() => {
      void house.client(ordersApi, 'tenant_admin', house.globex).listOrders({ query: { limit: 1 } }).then(({ items }) => items.length > 0 && world.stop(), () => {})
    }, 50)
    const interrupted = await bssAs(world, 'import', 'online-retail', tenDays, '--json').finally(() => clearInterval(watch))
    expect([interrupted.code, interrupted.out]).toEqual([EXIT.interrupted, ''])
    const second = reportOf(await bssAs(worldOf(house.globex.keys.integration), 'import', 'online-retail', tenDays, '--json'))
    expect(second).toMatchObject({ rows: 26_732, isComplete: true })
    expect(second.unchanged).toBeGreaterThan(0)
    expect(second.imported).toBeGreaterThan(0)
    const third = reportOf(await bssAs(worldOf(house.globex.keys.integration), 'import', 'online-retail', tenDays, '--json'))
    expect(third).toMatchObject({ rows: 26_732, imported: 0, unchanged: second.imported + second.unchanged, refused: second.refused, isComplete: true })
    expect(Object.keys(third.byKind).filter((kind) => kind.startsWith('refused')).toSorted()).toEqual(['refused no_matching_order', 'refused not_goods'])
  })
})
