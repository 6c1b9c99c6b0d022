// One order is followed with the command line from its release to the customer and back, against a real server and its worker.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openHouse, type House } from '../../../test/setup/house.ts'
import { EXIT } from '../exit.ts'
import { PROGRAM } from '../program.ts'
import { run } from '../run.ts'
import { paperWorld } from './paper.ts'

let house: House
let folder = ''
beforeAll(async () => {
  house = await openHouse({ withWorker: true })
  folder = await mkdtemp(join(tmpdir(), 'bss-floor-'))
})
afterAll(async () => {
  await house.close()
  await rm(folder, { recursive: true, force: true })
})

async function bss(...argv: string[]): Promise<{ code: number; out: string; talk: string }> {
  const world = paperWorld({ env: { BSS_URL: house.url, BSS_KEY: house.acme.keys.tenant_admin }, folder })
  return { code: await run(PROGRAM, world, argv), out: world.said(), talk: world.talked() }
}
/** A command that must succeed; gives what it wrote. */
async function done(...argv: string[]): Promise<string> {
  const { code, out, talk } = await bss(...argv)
  expect([argv.join(' '), code, code === EXIT.ok ? '' : talk]).toEqual([argv.join(' '), EXIT.ok, ''])
  return out
}
const wordIn = (text: string, pattern: RegExp): string => pattern.exec(text)?.[0] ?? ''
/** The first id of an answer in JSON that is called so. */
const idIn = (text: string, name = 'id'): string => new RegExp(`"${name}": ?"([0-9a-f-]{36})"`).exec(text)?.[1] ?? ''
async function until(pattern: RegExp, ...argv: string[]): Promise<string> {
  for (const deadline = Date.now() + 20_000; ; ) {
    const { out } = await bss(...argv)
    if (pattern.test(out) || Date.now() > deadline) return out
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

describe('an order by the command line', () => {
  let lineId = ''
  test('a site, an item in its bin, a carrier, and an order that is released', async () => {
    await done('sites', 'create', '--code', 'HAM', '--name', 'Hamburg', '--time-zone', 'Europe/Berlin', '--currency', 'EUR')
    for (const [code, kind] of [['A-01', 'pick'], ['PACK', 'pack'], ['STAGE', 'stage'], ['DOCK', 'dock'], ['BACK', 'quarantine']] as const) await done('sites', 'create-location', 'HAM', '--code', code, '--kind', kind)
    await done('sites', 'shipping', 'HAM', '--company-prefix', '4012345', '--extension', '3', '--pack-location-id', 'PACK', '--stage-location-id', 'STAGE', '--dock-location-id', 'DOCK')
    await done('items', 'create', '--sku', 'MUG', '--name', 'White mug', '--base-unit', 'EA')
    await done('stock', 'receive', '--site-id', 'HAM', '--line', 'MUG=A-01=20')
    await done('carriers', 'create', '--code', 'SIM', '--name', 'Simulated', '--kind', 'simulated', '--data', '{"services":[{"code":"STD","name":"Standard","transitDays":2}]}')
    expect(await done('carriers', 'list')).toMatch(/^CODE +NAME +KIND +STATUS +ID\nSIM +Simulated +simulated +active/)
    await done('customers', 'create', '--code', 'C-1', '--name', 'A customer')
    const placed = await done('orders', 'place', '--customer-id', 'C-1', '--site-id', 'HAM', '--line', 'MUG=3', '--json')
    lineId = /"lines":.*?"id": "([0-9a-f-]{36})"/s.exec(placed)?.[1] ?? ''
    await done('orders', 'release', wordIn(placed, /SO-[0-9]+/))
  })
  test('is planned and waved; the one pick that follows moves the goods', async () => {
    const planned = await done('shipments', 'plan', '--site-id', 'HAM', '--carrier-id', 'SIM')
    expect(planned).toMatch(/^shipmentIds +[0-9a-f-]{36}\n$/)
    expect(await done('shipments', 'list')).toMatch(/^NUMBER +STATUS +PRIORITY .*\nSH-000001 +planned /)
    await done('waves', 'create', '--site-id', 'HAM', '--shipment-ids', 'SH-000001')
    await done('waves', 'release', 'WV-000001')
    expect(await done('tasks', 'next', '--site-id', 'HAM', '--device-id', 'scanner-7', '--kinds', 'pick')).toMatch(/^KIND +STATUS .*\npick +leased +5 +MUG +3 +0 +A-01 /)
    expect((await bss('tasks', 'next', '--site-id', 'HAM', '--device-id', 'scanner-8', '--kinds', 'pick')).talk).toBe('Nothing found.\n')
    const taskId = idIn(await done('tasks', 'list', '--kind', 'pick', '--json'))
    await done('tasks', 'done', taskId, '--device-id', 'scanner-7')
    expect(await until(/completed/, 'waves', 'list')).toMatch(/WV-000001 +completed +1 +1 /)
    expect(await done('stock', 'balances', '--item-id', 'MUG')).toMatch(/MUG +PACK +3 /)
  })
  test('is packed, labelled, booked, issued, and followed until its carrier has it', async () => {
    const early = await bss('shipments', 'label', 'SH-000001')
    expect([early.code, early.talk]).toEqual([EXIT.failed, 'bss: There is nothing to print before something is packed.\n'])
    await done('shipments', 'pack', 'SH-000001', '--data', '{"units":[{"kind":"package","weightGrams":900,"contents":[{"itemId":"MUG","quantity":"3"}]}]}')
    expect(await done('shipments', 'label', 'SH-000001')).toMatch(/^\^XA[\s\S]*\(00\) 34012345[0-9]{10}\^FS[\s\S]*\^XZ\n$/)
    await done('shipments', 'label', 'SH-000001', '--format', 'pdf', '--out', 'label.pdf')
    expect((await readFile(join(folder, 'label.pdf'))).subarray(0, 5).toString()).toBe('%PDF-')
    expect((await bss('shipments', 'label', 'SH-000001', '--format', 'pdf')).code).toBe(EXIT.usage)
    expect((await bss('shipments', 'label', 'SH-000001', '--format', 'png')).talk).toContain('one of zpl, pdf')
    expect((await bss('shipments', 'label', 'SH-000001', '--out', 'no/such/folder.zpl')).talk).toContain('cannot be written')
    await done('shipments', 'book', 'SH-000001')
    expect(await until(/SIM[0-9A-F]{16}/, 'shipments', 'get', 'SH-000001')).toMatch(/trackingNumber +SIM[0-9A-F]{16}\n/)
    await done('shipments', 'issue', 'SH-000001')
    expect(await until(/picked_up/, 'shipments', 'track', 'SH-000001')).toMatch(/^OCCURRED AT +CODE +PLACE .*\n\S+ +picked_up +Sender /)
    expect(await done('shipments', 'requests', 'SH-000001')).toMatch(/book +done +1 /)
  })
  test('every move of it is an event, a line of JSON each', async () => {
    const out = await done('epcis', 'events', '--order-by', 'eventTime', '--order-direction', 'ASC', '--per-page', '1', '--all', '--json')
    const steps = out.trimEnd().split('\n').map((line) => /"bizStep":"([a-z_]+)"/.exec(line)?.[1])
    expect(steps).toEqual(['receiving', 'picking', 'packing', 'shipping'])
    expect(await done('epcis', 'events', '--eq-biz-step', 'shipping')).toMatch(/^EVENT TIME +TYPE .*\n\S+ +ObjectEvent +OBSERVE +shipping /)
    const first = await bss('epcis', 'events', '--order-by', 'eventTime', '--per-page', '1')
    expect(first.talk).toMatch(/^There is more: repeat with --next-page-token \S+, or with --all/)
  })
  test('what comes back is received, looked at and put back by the number of its return', async () => {
    const asked = await done('returns', 'request', '--line', `${lineId}=2=not_needed`, '--json')
    const number = wordIn(asked, /RMA-[0-9]+/)
    await done('returns', 'approve', number)
    await done('returns', 'await', number, '--tracking-reference', 'JD0002')
    const received = await done('returns', 'receive', number, '--line', `${/"lines":.*?"id": "([0-9a-f-]{36})"/s.exec(asked)?.[1]}=2=BACK`, '--json')
    const receipt = /"receipts":.*?"id": "([0-9a-f-]{36})"/s.exec(received)?.[1] ?? ''
    await done('returns', 'inspect', number, '--finding', `${receipt}=as_new`)
    await done('returns', 'dispose', number, '--line', `${receipt}=restock=2=A-01`)
    await done('returns', 'settle', number)
    await done('returns', 'close', number)
    expect(await done('returns', 'list')).toMatch(/^NUMBER +STATUS .*\nRMA-000001 +closed /)
    expect(await done('stock', 'levels')).toMatch(/HAM +MUG +19 +0 +0 +19 /)
  })
})

describe('what comes in and what is counted', () => {
  test('suppliers, orders, notices and counts are lists that fit a screen, and go by their codes and numbers', async () => {
    await done('suppliers', 'create', '--code', 'POTTERY', '--name', 'Acme Pottery', '--over-percent', '5')
    expect(await done('suppliers', 'list')).toMatch(/^CODE +NAME +STATUS +OVER PERCENT +UNDER PERCENT +MIN REMAINING DAYS +ID\nPOTTERY +Acme Pottery +active +5 +0 /)
    const draft = await done('purchase-orders', 'create', '--supplier-id', 'POTTERY', '--site-id', 'HAM', '--expected-on', '2027-01-15', '--line', 'MUG=12')
    const order = wordIn(draft, /PO-\S+/)
    await done('purchase-orders', 'submit', order)
    const own = await bss('purchase-orders', 'approve', order)
    expect(own.code).toBe(EXIT.failed)
    expect(await done('purchase-orders', 'list', '--status', 'pending_approval')).toMatch(new RegExp(`^NUMBER +STATUS +EXPECTED ON .*\n${order} +pending_approval +2027-01-15 `))
    await done('notices', 'announce', '--number', 'DN-1', '--supplier-id', 'POTTERY', '--site-id', 'HAM', '--expected-on', '2027-01-15', '--data', '{"units":[{"sscc":"340123450000000017","contents":[{"itemId":"MUG","quantity":"12"}]}]}')
    expect(await done('notices', 'list')).toMatch(/^NUMBER +STATUS +EXPECTED ON +CREATED AT +ID\nDN-1 +announced /)
    await done('notices', 'cancel', 'DN-1')
    await done('pick-faces', 'set', '--location-id', 'A-01', '--item-id', 'MUG', '--minimum', '2', '--maximum', '40')
    const count = wordIn(await done('counts', 'plan', '--site-id', 'HAM', '--location-ids', 'A-01'), /CNT-\S+/)
    await done('counts', 'record', count, '--location-id', 'A-01', '--entry', 'MUG=19')
    expect(await done('counts', 'differences', count)).toMatch(/A?.*\n.* 19 +19 +0 /)
    expect(await done('counts', 'list')).toMatch(new RegExp(`^NUMBER +STATUS .*\n${count} +counted `))
    expect((await bss('counts', 'get', 'CNT-NONE')).talk).toContain('There is no count "CNT-NONE".')
  })
})
