// An organization with a canary in every field that not everybody sees, people who do not see some of them, and receivers of its trail.
import { prepareLimits, supportSessionOf } from '../../src/app/access-matrix/prepare.ts'
import { operationsOf } from '../../src/app/access-matrix/matrix.ts'
import { plantThings } from '../../src/app/access-matrix/planted.ts'
import { STEPS, type Step } from '../../src/app/access-matrix/steps.ts'
import { CONTRACTS } from '../../src/app/rooms.ts'
import { startService } from '../../src/app/service.ts'
import { auditApi } from '../../src/domains/audit/contract.ts'
import { Receiver } from '../../src/domains/audit/test/receiver.ts'
import { identityApi, TENANT_ROLES } from '../../src/domains/identity/contract.ts'
import { rolesApi } from '../../src/domains/identity/roles/contract.ts'
import { FIELD_CLASSES, ROLES, type FieldClass } from '../../src/kernel/access.ts'
import { clientOf } from '../../src/kernel/client.ts'
import { newId } from '../../src/kernel/ids.ts'
import { silentLog } from '../../src/platform/log/log.ts'
import { openHouse, type House } from '../setup/house.ts'
import { sql } from '../setup/sql.ts'
import { moneyCanary, moneyOf, personCanary, withCanaries, type Canary } from './canaries.ts'
import type { Ids, Reader } from './ways.ts'

/** What holds money or names a person and is no thing of its own in the matrix. */
const MORE: readonly Step[] = [
  { operation: 'orders.placePricedOrder', gives: {} },
  { operation: 'inventory.setPurchaseOrderMoney', gives: {} },
  { operation: 'inventory.setCountTolerance', gives: {} },
  { operation: 'shipments.deliverShipment', body: { deliveredAt: 'new:instant' }, as: { shipmentId: 'leftId' }, gives: {} },
]
/** Names of a path that stand for several things here. */
const TABLES: Readonly<Record<string, string>> = {
  orderId: 'sales_order', shipmentId: 'shipment', purchaseOrderId: 'purchase_order', itemId: 'item', customerId: 'party', userId: 'user_account', returnId: 'sales_return', taskId: 'warehouse_task', priceListId: 'price_list',
}

export interface Person extends Reader {
  readonly fieldClasses: ReadonlySet<FieldClass>
}
export interface Ground {
  readonly house: House
  readonly operations: ReturnType<typeof operationsOf>
  readonly failed: readonly string[]
  readonly canaries: readonly Canary[]
  /** Columns of money without a value, or of a table whose class is not known. */
  readonly empty: readonly string[]
  readonly ids: Ids
  /** Sees prices, costs and people. */
  readonly admin: Person
  /** Each lacks a class or more. */
  readonly poorer: readonly Person[]
  /** All that a receiver was sent at this path. */
  sentTo(path: '/all' | '/no-money' | '/no-people'): string
  close(): Promise<void>
}

export async function openGround(): Promise<Ground> {
  const outbound = { allowedNetworks: ['127.0.0.0/8'], plainHttpHosts: ['127.0.0.1'], timeoutMs: 5_000 }
  const receiver = new Receiver()
  await receiver.listen()
  const house = await openHouse({ service: { outbound } })
  const { acme, superuserUrl, url } = house
  await prepareLimits(url, house.operatorKey, [acme.id])

  const people: Canary[] = []
  const steps = [...STEPS, ...MORE]
  const operations = operationsOf(CONTRACTS)
  const { things, failed } = await plantThings(url, acme.keys.tenant_admin, 'ACME', withCanaries(operations.filter(({ name }) => steps.some((step) => step.operation === name)), (canary) => people.push(canary)), steps)
  // The worker does what follows from it: stock leaves, finance is asked, the trail is tied on and sent.
  const worker = await startService({ primaryUrl: house.primaryUrl, replicaUrls: [], secret: house.secret, log: silentLog, http: null, withWorker: true, poolSize: 4, outbound })

  const admin = await personOf(house, 'tenant_admin', acme.keys.tenant_admin)
  const noMoney = await custom(house, 'everything but money', (permission) => !/^(?:price|cost|finance):/.test(permission), ['price', 'cost', 'finance'])
  const noPeople = await custom(house, 'everything but personal data', () => true, ['pii'])
  const templates = await Promise.all(TENANT_ROLES.filter((role) => FIELD_CLASSES.slice(0, 5).some((each) => each !== 'finance' && !ROLES[role].fieldClasses.some((own) => own === each))).map((role) => personOf(house, role, acme.keys[role])))
  const support = await personOf(house, 'support', await supportSessionOf(url, acme, superuserUrl))

  const planted = await plantTrail(superuserUrl, acme.id)
  for (const [path, { token }] of [['/all', admin], ['/no-money', noMoney], ['/no-people', noPeople]] as const) {
    await clientOf(auditApi, house.sender({ token })).createAuditStream({ body: { name: path, url: receiver.url(path), afterPosition: 0 } })
  }
  const sentTo = (path: string): string => receiver.at(path).map(({ body }) => body).join('\n')
  await until('the worker is done and everything was sent', async () => {
    const [[due] = []] = await sql(superuserUrl, "select count(*) from bss.outbox_event where organization_id = $1 and status = 'pending'", [acme.id])
    return due === '0' && ['/all', '/no-money', '/no-people'].every((path) => sentTo(path).includes(planted.requestId))
  })
  const { canaries, empty } = await moneyOf(superuserUrl, acme.id)
  return {
    house, operations, failed, empty, canaries: [...canaries, ...people, ...planted.canaries], ids: await idsOf(superuserUrl, acme.id, things), admin, poorer: [noMoney, noPeople, ...templates, support], sentTo,
    close: async () => {
      await worker.stop()
      await house.close()
      await receiver.close()
    },
  }
}

async function personOf(house: House, name: string, token: string): Promise<Person> {
  const { permissions, fieldClasses } = await clientOf(identityApi, house.sender({ token })).whoami()
  return { name, token, permissions: new Set(permissions), fieldClasses: new Set(fieldClasses) }
}

/** Somebody with a role of the organization's own. */
async function custom(house: House, name: string, has: (permission: string) => boolean, lacks: readonly FieldClass[]): Promise<Person> {
  const role = await house.client(rolesApi, 'tenant_admin').createCustomRole({ body: { name, permissions: ROLES.tenant_admin.permissions.filter(has), fieldClasses: FIELD_CLASSES.filter((each) => !lacks.includes(each)) } })
  const identity = house.client(identityApi, 'tenant_admin')
  const account = await identity.createServiceAccount({ body: { name, role: 'planner' } })
  await identity.assignRole({ params: { serviceAccountId: account.id }, body: { roleId: role.id } })
  const { secret } = await identity.createKey({ body: { serviceAccountId: account.id, name } })
  return personOf(house, name, secret ?? '')
}

/** A change with a value of each class, as a room might leave it in the trail; and a sign-in that was refused. */
async function plantTrail(superuserUrl: string, organizationId: string): Promise<{ readonly requestId: string; readonly canaries: readonly Canary[] }> {
  const values = { unitPrice: moneyCanary(), unitCost: moneyCanary(), email: personCanary() }
  const requestId = newId()
  const changes = JSON.stringify([{ entity: 'item', id: newId(), action: 'changed', before: { ...values }, after: { lines: [values] } }])
  await sql(superuserUrl, "insert into bss.audit_entry (organization_id, id, actor_kind, actor_id, actor_name, operation, request_id, changes) select $1, bss.new_id(), 'user', bss.new_id(), 'Somebody', 'orders.changeEverything', $2, $3::jsonb", [organizationId, requestId, changes])
  const line = { detail: personCanary(), subject: personCanary(), address: personCanary(), user_agent: personCanary() }
  await sql(superuserUrl, "insert into bss.sign_in_attempt (organization_id, id, purpose, outcome, detail, subject, address, user_agent, request_id) select $1, bss.new_id(), 'sign_in', 'no_account', $2, $3, $4, $5, 'planted'", [organizationId, ...Object.values(line)])
  const ofLine = Object.entries(line).map(([field, text]): Canary => ({ fieldClass: 'pii', where: `the log of sign-ins, ${field}`, forms: [text] }))
  const classes = { unitPrice: 'price', unitCost: 'cost', email: 'pii' } as const
  return { requestId, canaries: [...ofLine, ...(['unitPrice', 'unitCost', 'email'] as const).map((field) => ({ fieldClass: classes[field], where: `the trail, ${field}`, forms: [values[field]] }))] }
}

async function idsOf(superuserUrl: string, organizationId: string, things: ReadonlyMap<string, string>): Promise<Ids> {
  const ids = new Map([...things].map(([name, id]) => [name, [id]]))
  for (const [name, table] of Object.entries(TABLES)) ids.set(name, (await sql(superuserUrl, `select id from bss.${table} where organization_id = $1`, [organizationId])).map(([id]) => id ?? ''))
  ids.set('operation', ['orders.placeOrder'])
  ids.set('entryId', (await sql(superuserUrl, 'select id from bss.audit_entry where organization_id = $1 order by id desc limit 20', [organizationId])).map(([id]) => id ?? ''))
  return ids
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`It never came: ${what}`)
}
