// What must not compile, does not: tsc fails when one of the lines marked below starts to be allowed.
import { Ctx, type Facts } from '../../../kernel/access.ts'
import { idOf, type ItemId, type OrderId, type OrganizationId } from '../../../kernel/ids.ts'
import type { Database } from '../database.ts'
import { query } from '../read-door.ts'
import * as column from '../row.ts'
import { read, write } from '../statement.ts'
import { system } from '../system.ts'
import type { Tx } from '../tx.ts'

declare const database: Database
declare const facts: Facts
declare const someText: string

const listOrders = read('orders:read', 'select id from bss.sales_order where organization_id = $1', { id: column.id<OrderId>() })
const closeOrder = write('orders:write', 'update bss.sales_order set x = 1 where organization_id = $1 and id = $2', {})
const stranger = Ctx.open(facts)

// A statement without the organization is no statement.
// @ts-expect-error the text has no `organization_id = $1`
read('orders:read', 'select id from bss.sales_order', { id: column.text })
// @ts-expect-error another parameter is not the door's
read('orders:read', 'select id from bss.sales_order where organization_id = $2', { id: column.text })
// @ts-expect-error an insert names the organization first
write('orders:write', 'insert into bss.sales_order (id) values ($2)', {})
// @ts-expect-error the platform's door calls platform functions, and reads no table
system('select * from bss.sales_order', {})

// No context, no transaction.
// @ts-expect-error an organization id is not a context
void database.read(facts.organizationId, (tx) => tx.rows(listOrders))
// @ts-expect-error nor is anything that looks like one
void database.read({ facts, organizationId: facts.organizationId, granted: {}, has: () => true, need: () => stranger }, (tx) => tx.rows(listOrders))
// @ts-expect-error a context cannot be made
new Ctx(facts)

// No proof, no statement.
// @ts-expect-error orders:read was not proven
void database.read(stranger, (tx) => tx.rows(listOrders))
// @ts-expect-error another permission is not this one
void database.read(stranger.need('inventory:read'), (tx) => tx.rows(listOrders))
// @ts-expect-error a fetch needs the proof as well
void database.fetch(stranger, query(listOrders))
// @ts-expect-error reading does not prove writing
void database.write(stranger.need('orders:read'), (tx) => tx.rows(closeOrder))

// A read door runs no writing statement.
// @ts-expect-error closeOrder writes
void database.read(stranger.need('orders:write'), (tx) => tx.rows(closeOrder))
// @ts-expect-error and records no change
void database.read(stranger.need('orders:write'), (tx) => Promise.resolve(tx.changed({ entity: 'order', id: '1', action: 'closed' })))
// @ts-expect-error a fetch only reads
void database.fetch(stranger.need('orders:write'), query(closeOrder))

// A store function says who may come in.
declare const insertOrder: (tx: Tx<'write', 'orders:write'>) => Promise<OrderId>
// @ts-expect-error a reading transaction is not a writing one
void database.read(stranger.need('orders:write'), (tx) => insertOrder(tx))
void database.write(stranger.need('orders:write').need('price:write'), (tx) => insertOrder(tx)) // More proof than needed is fine.

// Ids do not mix.
const orderId = idOf<'SalesOrder'>(someText)
// @ts-expect-error an order is not an item
export const itemId: ItemId = orderId
// @ts-expect-error a string is not an organization
export const organizationId: OrganizationId = someText
