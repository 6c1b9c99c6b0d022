// Who is limited to a site meets nothing of another one: every operation of the rooms that know sites, generated from the contracts,
// is asked about things elsewhere and about things that do not exist, and must answer both alike.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, type Reply } from '../src/app/access-matrix/call.ts'
import { operationsOf } from '../src/app/access-matrix/matrix.ts'
import { filled, pathOf, plantThings, type NamedOperation, type Things } from '../src/app/access-matrix/planted.ts'
import { CONTRACTS } from '../src/app/rooms.ts'
import { identityApi } from '../src/domains/identity/contract.ts'
import { inventoryApi } from '../src/domains/inventory/contract.ts'
import { ordersApi } from '../src/domains/orders/contract.ts'
import { planningApi } from '../src/domains/planning/contract.ts'
import { clientOf, fetchSender } from '../src/kernel/client.ts'
import { idOf, newId } from '../src/kernel/ids.ts'
import { openHouse, type House } from './setup/house.ts'
import { sql } from './setup/sql.ts'

/** What lies at a site. */
const AT_SITE = new Set(['siteId', 'siteCode', 'zoneId', 'locationId', 'toLocationId', 'fromLocationId', 'locationCode', 'receiptId', 'receiptLineId', 'moveId', 'transferId', 'orderId', 'lineId', 'holdId', 'purchaseOrderId', 'shipNoticeId', 'inspectionId', 'pickFaceId', 'countId', 'returnId'])
/** What an organization has once, for all its sites. */
const EVERYWHERE = new Set(['itemId', 'lotId', 'customerId', 'contactId', 'priceListId', 'priceId', 'viewId', 'supplierId', 'eventID', 'captureID'])
/** These concern every site at once, and are refused before anything is looked at. */
const FOR_ALL_SITES = new Set(['inventory.createSite', 'inventory.checkInvariants', 'inventory.getCapture', 'inventory.listCaptures', ...['hold', 'release', 'quarantine', 'damage', 'recall', 'scrap'].map((verb) => `inventory.${verb}Lot`)])

const operations = operationsOf(CONTRACTS)
const ofSites = operations.filter(({ name }) => /^(inventory|orders|planning)\./.test(name))
const names = ({ operation }: NamedOperation): string[] => [...operation.path.matchAll(/\{([A-Za-z]+)\}/g)].map(([, name]) => name ?? '')
const wordsOf = (each: NamedOperation): string[] => [...names(each), ...[...JSON.stringify(each.operation.example ?? {}).matchAll(/"([A-Za-z]+(?:Id|Code))":/g)].map(([, name]) => name ?? '')]
const touchesSite = (each: NamedOperation): boolean => wordsOf(each).some((name) => AT_SITE.has(name))
/** Filters by a site or what lies there. */
const filtersOf = ({ operation }: NamedOperation): string[] => Object.keys(operation.query?.properties ?? {}).filter((name) => AT_SITE.has(name.replace(/^filter\[(.*)\]$/, '$1')))

let house: House
let here: Things
let there: Things
let missing: Things
let scoped: string
let failed: readonly string[]
let canaries: readonly string[]

beforeAll(async () => {
  house = await openHouse()
  const { acme, url } = house
  const mine = await plantThings(url, acme.keys.tenant_admin, 'HERE', operations)
  const others = await plantThings(url, acme.keys.tenant_admin, 'THERE', operations)
  failed = [...mine.failed, ...others.failed]
  here = mine.things
  there = new Map([...here].map(([name, value]) => [name, AT_SITE.has(name) ? (others.things.get(name) ?? value) : value]))
  missing = new Map([...here].map(([name, value]) => [name, !AT_SITE.has(name) ? value : name.endsWith('Id') ? newId() : `${value}-NOWHERE`]))
  canaries = [...AT_SITE].map((name) => there.get(name) ?? '').filter((text) => text.length > 3)
  const identity = clientOf(identityApi, house.sender('tenant_admin'))
  const account = await identity.createServiceAccount({ body: { name: 'Only here', role: 'tenant_admin', siteIds: [idOf<'Site'>(here.get('siteId') ?? '')] } })
  scoped = (await identity.createKey({ body: { serviceAccountId: account.id, name: 'Only here' } })).secret ?? ''
}, 120_000)
afterAll(() => house.close())

async function ask({ operation }: NamedOperation, things: Things, query = '', token = scoped): Promise<Reply> {
  const body = operation.body === undefined ? undefined : filled(operation.example, things)
  return call({ url: house.url, token, operation, path: pathOf(operation.path, things) + query, body })
}
/** The answer without the names that the request brought along. */
function neutral(reply: Reply, things: Things): string {
  let text = `${reply.status}\n${reply.headers.replaceAll(/content-length: \d+/g, '')}\n${reply.text}`
  for (const [name, value] of things) if (AT_SITE.has(name)) text = text.replaceAll(value, '<thing>')
  return text
}

describe('somebody who is limited to a site', () => {
  it('there is one thing of each kind here and elsewhere', () => expect(failed).toEqual([]))
  it('every name in a path is known as lying at a site or not', () => {
    expect(ofSites.flatMap(names).filter((name) => name !== 'unit' && name !== 'figure' && !AT_SITE.has(name) && !EVERYWHERE.has(name))).toEqual([])
    expect(ofSites.filter(touchesSite).length).toBeGreaterThanOrEqual(40)
  })
  it.each(ofSites.filter(touchesSite).map((each) => [each.name, each] as const))('%s: what lies elsewhere and what is not there are the same', async (name, each) => {
    const nothing = await ask(each, missing)
    const elsewhere = await ask(each, there)
    expect({ name, answer: neutral(elsewhere, there) }).toEqual({ name, answer: neutral(nothing, missing) })
    // A stream refuses line by line, and the list of what is in something that is not there may be empty.
    const isSoft = each.operation.lines === true || (each.operation.method === 'GET' && elsewhere.text.startsWith('{"items":[]'))
    expect(FOR_ALL_SITES.has(name) ? [403] : isSoft ? [200] : [400, 404, 409, 422]).toContain(elsewhere.status)
  })
  it.each([...FOR_ALL_SITES].map((name) => [name] as const))('%s is for who works at all sites', async (name) => {
    const [each] = ofSites.filter((one) => one.name === name)
    if (each === undefined) throw new Error(`There is no operation ${name}.`)
    expect((await ask(each, here)).status).toBe(403)
  })
  it.each(ofSites.filter((each) => each.operation.method === 'GET' && !FOR_ALL_SITES.has(each.name)).map((each) => [each.name, each] as const))('%s hears nothing of elsewhere, with no filter and with any', async (_name, each) => {
    const plain = await ask(each, here)
    expect(canaries.filter((canary) => plain.text.includes(canary))).toEqual([])
    // What nobody planted is not there.
    expect(names(each).every((name) => here.has(name) || name === 'unit' || name === 'figure') ? [200, 400] : [404, 400]).toContain(plain.status)
    for (const filter of filtersOf(each)) {
      const query = (things: Things): string => `?${encodeURIComponent(filter)}=${encodeURIComponent(things.get(filter.replace(/^filter\[(.*)\]$/, '$1')) ?? '')}`
      const [elsewhere, nothing] = [await ask(each, here, query(there)), await ask(each, here, query(missing))]
      expect({ filter, text: neutral(elsewhere, there) }).toEqual({ filter, text: neutral(nothing, missing) })
    }
  })
  it('does his work at his own site, as anybody else, and nothing of it is lost at the other', async () => {
    const inventory = clientOf(inventoryApi, fetchSender({ baseUrl: house.url, token: scoped }))
    const orders = clientOf(ordersApi, fetchSender({ baseUrl: house.url, token: scoped }))
    const planning = clientOf(planningApi, fetchSender({ baseUrl: house.url, token: scoped }))
    const [siteId, itemId, locationId] = [idOf<'Site'>(here.get('siteId') ?? ''), idOf<'Item'>(here.get('itemId') ?? ''), idOf<'Location'>(here.get('locationId') ?? '')]
    await inventory.adjustStock({ body: { siteId, reason: 'found', lines: [{ itemId, locationId, change: '5' }] } })
    const order = await orders.placeOrder({ body: { customerId: idOf<'Party'>(here.get('customerId') ?? ''), siteId, lines: [{ itemId, quantity: '2' }] } })
    expect(order).toMatchObject({ siteId, status: 'confirmed', lines: [{ reserved: '2' }] })
    expect((await orders.cancelOrder({ params: { orderId: order.id }, body: {} })).status).toBe('cancelled')
    expect((await inventory.listSites({ query: {} })).items.map(({ id }) => id)).toEqual([siteId])
    const why = await inventory.explainLevel({ params: { siteId, itemId }, query: {} })
    expect(why.sums.moves).toBe(why.figure.onHand)
    expect(JSON.stringify(await planning.getShortages({ query: {} }))).not.toContain(there.get('siteId'))
    // A Tenant Admin sees that everything still adds up.
    const whole = clientOf(inventoryApi, house.sender('tenant_admin'))
    expect((await whole.checkInvariants({})).rules.filter(({ holds }) => !holds)).toEqual([])
    expect((await whole.listSites({ query: {} })).items.length).toBeGreaterThan(1)
  })
  it('gives roles at his own site only, and takes down no fence', async () => {
    const identity = clientOf(identityApi, fetchSender({ baseUrl: house.url, token: scoped }))
    const [own, other] = [idOf<'Site'>(here.get('siteId') ?? ''), idOf<'Site'>(there.get('siteId') ?? '')]
    const { id } = await identity.createUser({ body: { userName: 'local', displayName: 'Local' } })
    const params = { userId: id }
    const statusOf = (siteIds: readonly ReturnType<typeof idOf<'Site'>>[] | null): Promise<unknown> =>
      identity.assignUserRole({ params, body: { role: 'warehouse_operator', ...(siteIds === null ? {} : { siteIds: [...siteIds] }) } }).then(() => 200, (error: { status: number; errors: unknown }) => [error.status, error.errors])
    expect(await statusOf(null)).toEqual([403, []])
    const unknown = [422, [{ pointer: '/siteIds/0', code: 'unknown_site', message: 'There is no such site.' }]]
    expect(await Promise.all([statusOf([other]), statusOf([newId<'Site'>()])])).toEqual([unknown, unknown])
    expect(await statusOf([own])).toBe(200)
    expect((await identity.getUser({ params })).roles).toMatchObject([{ role: 'warehouse_operator', siteIds: [own] }])
    const [assignment] = (await identity.getUser({ params })).roles
    await expect(identity.unassignUserRole({ params: { ...params, assignmentId: assignment?.id ?? newId() } })).rejects.toMatchObject({ status: 403 })
    const wide = clientOf(identityApi, house.sender('tenant_admin'))
    const foreign = clientOf(inventoryApi, house.sender('tenant_admin', house.globex))
    const theirs = await foreign.createSite({ body: { code: 'GLB', name: 'Globex', timeZone: 'UTC', currency: 'EUR' } })
    await expect(wide.assignUserRole({ params, body: { role: 'planner', siteIds: [theirs.id] } })).rejects.toMatchObject({ status: 422, errors: unknown[1] })
  })
  it('a Tenant Admin who is limited to sites is not the one who must stay', async () => {
    const identity = clientOf(identityApi, house.sender('tenant_admin', house.globex))
    const [first] = (await identity.listServiceAccounts({ query: { 'filter[role]': 'tenant_admin' } })).items
    const inventory = clientOf(inventoryApi, house.sender('tenant_admin', house.globex))
    const site = await inventory.createSite({ body: { code: 'ONE', name: 'One', timeZone: 'UTC', currency: 'EUR' } })
    const admins = (await identity.listServiceAccounts({ query: { 'filter[role]': 'tenant_admin' } })).items
    const body = { role: 'tenant_admin', siteIds: [site.id] } as const
    const narrowed = await Promise.allSettled(admins.map(({ id }) => identity.assignRole({ params: { serviceAccountId: id }, body: { ...body, siteIds: [...body.siteIds] } })))
    expect(narrowed.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0)
    const left = await sql(house.superuserUrl, "select count(*)::text from bss.role_assignment where organization_id = $1 and role = 'tenant_admin' and site_ids is null", [house.globex.id])
    expect(Number(left[0]?.[0])).toBeGreaterThan(0)
    expect(first).toBeDefined()
  })
})
