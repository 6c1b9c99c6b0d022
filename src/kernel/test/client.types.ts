// Lines that must not compile, next to lines that must.
import Type from 'typebox'
import { clientOf, type Sender } from '../client.ts'
import { defineApi, type Handlers } from '../contract.ts'
import { idSchema, type ItemId, type OrderId } from '../ids.ts'

declare const sender: Sender
declare const orderId: OrderId
declare const itemId: ItemId

const Order = Type.Object({ id: idSchema<OrderId>(), number: Type.String(), rowVersion: Type.Integer() }, { additionalProperties: false })
const api = defineApi({
  list: { method: 'GET', path: '/o', needs: 'orders:read', summary: 's', query: Type.Object({ limit: Type.Optional(Type.Integer()) }), status: 200, returns: Type.Array(Order), fails: [] },
  search: { method: 'GET', path: '/s', needs: 'orders:read', summary: 's', query: Type.Object({ q: Type.String() }), status: 200, returns: Type.Array(Order), fails: [] },
  get: { method: 'GET', path: '/o/{orderId}', needs: 'orders:read', summary: 's', params: Type.Object({ orderId: idSchema<OrderId>() }), status: 200, returns: Order, fails: ['not_found'] },
  place: { method: 'POST', path: '/o', needs: ['orders:write', 'price:read'], summary: 's', body: Type.Object({ number: Type.String() }), status: 201, returns: Order, fails: [] },
  change: { method: 'PATCH', path: '/o/{orderId}', needs: 'orders:write', summary: 's', params: Type.Object({ orderId: idSchema<OrderId>() }), body: Type.Object({ number: Type.String() }), ifMatch: true, status: 200, returns: Order, fails: [] },
  remove: { method: 'DELETE', path: '/o/{orderId}', needs: 'orders:write', summary: 's', params: Type.Object({ orderId: idSchema<OrderId>() }), ifMatch: true, status: 204, returns: Type.Null(), fails: [] },
  load: { method: 'POST', path: '/o:batch', needs: 'orders:write', summary: 's', body: Type.Object({ number: Type.String() }), lines: true, status: 200, returns: Type.Object({ line: Type.Integer() }), fails: [] },
  hello: { method: 'GET', path: '/h', needs: 'public', summary: 's', status: 200, returns: Type.Object({}), fails: [] },
})
const client = clientOf(api, sender)

export async function right(): Promise<void> {
  const listed: { number: string; rowVersion: number; id: OrderId }[] = await client.list()
  await client.list({ query: { limit: 1 } })
  const order = await client.get({ params: { orderId } })
  const version: number = order.rowVersion
  await client.place({ body: { number: listed[0]?.number ?? '' }, idempotencyKey: 'k' })
  await client.change({ params: { orderId }, body: { number: 'x' }, ifMatch: version })
  const nothing: undefined = await client.remove({ params: { orderId: order.id }, ifMatch: version })
  for await (const result of client.load({ lines: [{ number: 'a' }] })) result.line satisfies number
  void [nothing, await client.hello()]
}

export async function wrong(): Promise<void> {
  // @ts-expect-error a required parameter is missing
  await client.get()
  // @ts-expect-error the id of another kind of thing
  await client.get({ params: { orderId: itemId } })
  // @ts-expect-error a text is not an id
  await client.get({ params: { orderId: 'x' } })
  // @ts-expect-error the query is required
  await client.search()
  // @ts-expect-error an unknown query parameter
  await client.list({ query: { offset: 1 } })
  // @ts-expect-error GET takes no body
  await client.list({ body: {} })
  // @ts-expect-error GET takes no idempotency key
  await client.list({ idempotencyKey: 'k' })
  // @ts-expect-error the body is required
  await client.place({})
  // @ts-expect-error the field has another type
  await client.place({ body: { number: 1 } })
  // @ts-expect-error If-Match is required
  await client.change({ params: { orderId }, body: { number: 'x' } })
  // @ts-expect-error this operation has no If-Match
  await client.place({ body: { number: 'x' }, ifMatch: 1 })
  // @ts-expect-error a stream takes lines, not a body
  client.load({ body: { number: 'x' } })
  // @ts-expect-error a line has a shape
  client.load({ lines: [{ name: 'x' }] })
  // @ts-expect-error there is no such field in the answer
  void (await client.get({ params: { orderId } })).margin
  // @ts-expect-error there is no such operation
  void client.nothing
}

declare const handlers: Handlers<typeof api>
// @ts-expect-error the context has not proven keys:write
export const unproven: Handlers<typeof api>['place'] = ({ ctx }) => Promise.resolve({ id: orderId, number: '', rowVersion: Number(ctx.need('orders:read').granted['keys:write']) })
// @ts-expect-error a handler may not answer with another shape
export const misshapen: Handlers<typeof api>['get'] = () => Promise.resolve({ id: orderId })
// @ts-expect-error a public operation has no context
void handlers.hello({ ctx: {}, params: undefined, query: undefined, body: undefined, lines: undefined, expectedVersion: undefined, next: undefined })
