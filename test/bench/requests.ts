// The bytes of the requests.
import type { LoadPlan } from './load-plan.ts'
import { idAt } from './seed.ts'

/** Draws an item: the same distribution as pgbench's random_exponential, so that both sides meet the same hot rows. */
function itemOf(plan: LoadPlan, random: () => number): number {
  if (plan.skew === 0) return 1 + Math.floor(random() * plan.skus)
  const cut = Math.exp(-plan.skew)
  return 1 + Math.min(plan.skus - 1, Math.floor((-Math.log(cut + (1 - cut) * (1 - random())) / plan.skew) * plan.skus))
}

const LINES = 5
let serial = 0
const runId = process.pid.toString(36) + Date.now().toString(36)

function linesOf(plan: LoadPlan, random: () => number, extra: string): string {
  let text = ''
  for (let n = 0; n < LINES; n++) text += `${n === 0 ? '' : ','}{"itemId":"${idAt('item', itemOf(plan, random))}","quantity":"2"${extra}}`
  return text
}

/** A function that gives the next request; what of it never changes is made once. */
export function requestMaker(plan: LoadPlan, random: () => number): () => string {
  const heads = new Map(plan.keys.map(([number, key]) => [number, `host: bench\r\nauthorization: Bearer ${key}\r\n`]))
  const numbers = [...heads.keys()]
  const someone = (): string => heads.get(numbers[Math.floor(random() * numbers.length)] ?? 1) ?? ''
  const customer = (): string => idAt('customer', 1 + Math.floor(random() * plan.customers))
  const site = idAt('site', 1)
  const post = (path: string, head: string, type: string, body: string, more = ''): string =>
    `POST ${path} HTTP/1.1\r\n${head}content-type: ${type}\r\n${more}content-length: ${body.length}\r\n\r\n${body}`
  switch (plan.kind) {
    case 'order':
      return () => {
        const body = `{"customerId":"${customer()}","siteId":"${site}","lines":[${linesOf(plan, random, '')}]}`
        return post('/api/v1/orders', someone(), 'application/json', body, `idempotency-key: ${runId}-${serial++}\r\n`)
      }
    case 'bulk':
      return () => {
        let body = ''
        for (let n = 0; n < plan.ordersPerBulk; n++) {
          body += `{"external":{"source":"bench","ref":"${runId}-${serial++}"},"customerId":"${customer()}","siteId":"${site}","currency":"EUR","lines":[${linesOf(plan, random, ',"unitPrice":"2.5"')}]}\n`
        }
        return post('/api/v1/orders/bulk', someone(), 'application/x-ndjson', body)
      }
    case 'get':
      return () => {
        const [number, id] = plan.orders[Math.floor(random() * plan.orders.length)] ?? [1, '']
        return `GET /api/v1/orders/${id} HTTP/1.1\r\n${heads.get(number) ?? ''}\r\n`
      }
    case 'list':
      return () => `GET /api/v1/orders?limit=50 HTTP/1.1\r\n${someone()}\r\n`
    case 'empty':
      // An address nobody serves is looked up after the key and the limits: the whole door and nothing behind it.
      return () => `GET /api/v1/nothing HTTP/1.1\r\n${someone()}\r\n`
  }
}
