// The statement of the order path as the product sends it, and as pgbench sends it.
import { Ctx, ROLES } from '../../src/kernel/access.ts'
import { idOf, newId } from '../../src/kernel/ids.ts'
import { createSealer } from '../../src/platform/crypto/seal.ts'
import { wholeChange } from '../../src/platform/db/command.ts'
import { enter } from '../../src/platform/db/keeping.ts'
import type { Call } from '../../src/platform/db/wire.ts'
import { orderPlaced } from '../../src/domains/orders/events.ts'
import { atListPrices, withIds } from '../../src/domains/orders/placements/store.ts'
import { asStatement } from './pgbench.ts'
import { idAt, idSql } from './seed.ts'
import type { World } from './world.ts'

const LINES = 5
const SEALED_FOR_DAYS = 2

const organizationOf = (n: number) => idOf<'Organization'>(idAt('organization', n))
const ACTOR = idOf<'Actor'>('01930000-0000-7000-8006-000000000001')

/** A context as the service would open it for organization 1. */
export function sampleContext(): Ctx<'orders:write' | 'orders:read'> {
  const ctx = Ctx.open({
    organizationId: organizationOf(1),
    actor: { kind: 'service', id: ACTOR, name: 'bench' },
    role: 'integration',
    permissions: new Set(ROLES.integration.permissions),
    fieldClasses: new Set(),
    sites: null,
    session: null,
    requestId: newId(),
    operation: 'orders.placeOrder',
    idempotency: { key: KEY, fingerprint: 'a digest of method, path and body, as long as one of SHA-256.' },
    consistency: null,
    outcome: { lsn: null, isReplayed: false, readFrom: null },
  })
  return ctx.need('orders:write').need('orders:read')
}
const KEY = 'drawn anew'

/** One order with five lines, exactly as `placeOrder` sends it. */
function sampleOrder(): Call {
  const order = withIds({
    customerId: idOf(idAt('customer', 1)),
    siteId: idOf(idAt('site', 1)),
    lines: Array.from({ length: LINES }, (_, n) => ({ itemId: idOf<'Item'>(idAt('item', n + 1)), quantity: '2' })),
  })
  const payload = { orderId: order.id, customerId: order.customerId ?? null, siteId: order.siteId ?? null, lineCount: LINES, isDraft: false }
  return wholeChange(sampleContext(), {
    ...atListPrices([order], 'confirmed'),
    changes: [{ entity: 'order', id: order.id, action: 'placed' }],
    events: [{ id: newId(), topic: orderPlaced.name, aggregate: orderPlaced.aggregate, aggregateId: order.id, payload }],
  })
}

/** Seals for all organizations, made beforehand: the service makes each in a few microseconds, and pgbench should not pay more. */
export function sealsSql(world: World, expression: string): string {
  const seal = createSealer(world.secret, () => Date.now() + SEALED_FOR_DAYS * 86_400_000)
  const all = Array.from({ length: world.size.organizations }, (_, n) => `'${seal({ organizationId: organizationOf(n + 1), actorId: ACTOR, role: 'integration' })}'`)
  return `(array[${all.join(',')}])[${expression}]`
}

export const ORGANIZATION = '(:o)::int'

/** A script that places orders of random organizations, items and customers: one pipeline with one Sync is one transaction. */
export function orderScript(world: World, skew: number, skus: number): string {
  const drawn = new Map([
    [idAt('organization', 1), idSql('organization', ORGANIZATION)],
    [idAt('customer', 1), idSql('customer', '(:c)::int')],
    [idAt('site', 1), `'${idAt('site', 1)}'::uuid`],
    [String(ACTOR), `'${ACTOR}'::uuid`],
    [KEY, 'uuidv7()::text'],
  ])
  const lines = Array.from({ length: LINES }, (_, n) => {
    drawn.set(idAt('item', n + 1), idSql('item', `(:i${n})::int`))
    return skew === 0 ? `\\set i${n} random(1, ${skus})` : `\\set i${n} random_exponential(1, ${skus}, ${skew})`
  })
  const entering = asStatement(enter('seal'), new Map([['seal', sealsSql(world, ORGANIZATION)]]))
  return [
    `\\set o random(1, ${world.size.organizations})`,
    `\\set c random(1, ${world.size.customers})`,
    ...lines,
    '\\startpipeline', entering, asStatement(sampleOrder(), drawn), '\\endpipeline',
  ].join('\n') + '\n'
}
