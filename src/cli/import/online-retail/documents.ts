// An invoice of the file becomes a document of the product: an order, a correction of stock, or cancellations line by line.
import { inventoryApi } from '../../../domains/inventory/contract.ts'
import { ordersApi } from '../../../domains/orders/contract.ts'
import { ApiError, clientOf, type CallOf, type Sender } from '../../../kernel/client.ts'
import type { ItemId } from '../../../kernel/ids.ts'
import { CliError, EXIT } from '../../exit.ts'
import type { World } from '../../world.ts'
import type { Account } from '../account.ts'
import { Batches, type BulkResult, type Send } from '../batches.ts'
import { resultsOf } from '../bulk.ts'
import type { Tally } from '../report.ts'
import type { Gathered } from './gather.ts'
import { RETURNS } from './places.ts'
import { REASONS } from './meaning.ts'
import { CURRENCY, SOURCE, type Stock } from './prepare.ts'
import type { GoodsLine } from './survey.ts'

type EntryOf<T> = T extends Iterable<infer V> ? V : never
type BulkOrder = EntryOf<CallOf<typeof ordersApi.placeOrders>['lines']>
type SoldCancellation = EntryOf<CallOf<typeof ordersApi.cancelSold>['lines']>
type SoldReturn = EntryOf<CallOf<typeof ordersApi.returnSold>['lines']>
type Adjustment = CallOf<typeof inventoryApi.adjustStock>['body']

/** Takes invoices and enters each of their lines into the account when the server has answered. */
export interface Post {
  readonly add: (invoice: Gathered<GoodsLine>) => Promise<void>
  readonly end: () => Promise<void>
}

/** The name of a part of an invoice: the invoice itself, unless it is too long for one order. */
const nameOf = ({ invoice, part }: Gathered<GoodsLine>): string => (part === 1 ? invoice : `${invoice}/${part}`)

function enter(account: Account, { lines }: Gathered<GoodsLine>, result: BulkResult, as: string): void {
  for (const { row } of lines) {
    if (result.outcome === 'refused') {
      const code = result.code ?? 'refused'
      account.enter(row, 'refused', code, code === 'no_matching_order' ? REASONS.no_matching_order : [result.pointer, result.message].filter((part) => part !== null && part !== '').join(': '))
    } else account.enter(row, result.outcome === 'unchanged' ? 'unchanged' : 'imported', as, '')
  }
}

/** Orders are sent as many as make a request worth its while, and no more than fit into memory many times over. */
const ORDERS = { countMax: 200, weightMax: 4_000, parallel: 1 }

export function ordering(world: World, sender: Sender, siteCode: string, account: Account, tally: Tally): Post {
  const client = clientOf(ordersApi, sender)
  const batches = new Batches<BulkOrder, Gathered<GoodsLine>, BulkResult>(world, (lines) => resultsOf(client.placeOrders({ lines })), ORDERS, (invoice, result) => {
    enter(account, invoice, result, 'order line')
    tally.add('orders', result.outcome)
    if (result.isBackordered) tally.add('orders', 'backordered')
  })
  return {
    add: async (invoice) => {
      const first = invoice.lines.find(({ meaning }) => meaning.kind === 'sale')?.meaning
      if (first === undefined) return
      const lines = invoice.lines.map(({ meaning }) => ({ sku: meaning.code, quantity: meaning.quantity, unitPrice: meaning.unitPrice }))
      await batches.add({ external: { source: SOURCE, ref: nameOf(invoice) }, customerCode: first.customer, siteCode, orderedAt: first.at, currency: CURRENCY, lines }, invoice, lines.length)
    },
    end: () => batches.end(),
  }
}

const CANCELLATIONS = { countMax: 500, weightMax: 500, parallel: 1 }

export function cancelling(world: World, sender: Sender, account: Account): Post {
  const client = clientOf(ordersApi, sender)
  const batches = new Batches<SoldCancellation, Gathered<GoodsLine>, BulkResult>(world, (lines) => resultsOf(client.cancelSold({ lines })), CANCELLATIONS, (line, result) => enter(account, line, result, 'cancellation'))
  return {
    add: async (invoice) => {
      for (const [index, line] of invoice.lines.entries()) {
        const { meaning } = line
        // Each line is one of its own: a customer takes back goods of several orders on one note.
        const one = { ...invoice, lines: [line] }
        await batches.add({ external: { source: SOURCE, ref: `${invoice.invoice}/${invoice.from + index}` }, customerCode: meaning.customer, sku: meaning.code, quantity: meaning.quantity, occurredAt: meaning.at }, one)
      }
    },
    end: () => batches.end(),
  }
}

/** The same where goods have left already: what has not is cancelled, and the rest comes back and goes to stock again. */
export function returning(world: World, sender: Sender, account: Account, tally: Tally): Post {
  const client = clientOf(ordersApi, sender)
  const batches = new Batches<SoldReturn, Gathered<GoodsLine>, BulkResult>(world, (lines) => resultsOf(client.returnSold({ lines })), CANCELLATIONS, (line, result) => {
    enter(account, line, result, result.outcome === 'returned' ? 'return' : 'cancellation')
    tally.add('returns and cancellations', result.outcome)
  })
  return {
    add: async (invoice) => {
      for (const [index, line] of invoice.lines.entries()) {
        const { meaning } = line
        await batches.add({
          external: { source: SOURCE, ref: `${invoice.invoice}/${invoice.from + index}` }, customerCode: meaning.customer, sku: meaning.code, quantity: meaning.quantity, occurredAt: meaning.at,
          reason: 'other', alsoCancels: true, receive: { locationCode: RETURNS, disposition: 'restock' },
        }, { ...invoice, lines: [line] })
      }
    },
    end: () => batches.end(),
  }
}

/** Adjustments have no bulk operation: a few are under way at one time, each the corrections of one invoice. */
const CORRECTIONS = { countMax: 1, weightMax: 1, parallel: 4 }

export function correcting(world: World, sender: Sender, stock: Stock, account: Account, tally: Tally): Post {
  const batches = new Batches<Gathered<GoodsLine>, Gathered<GoodsLine>, BulkResult>(world, adjusting(sender, stock), CORRECTIONS, (invoice, result) => {
    enter(account, invoice, result, 'correction')
    tally.add('corrections', result.outcome)
  })
  return { add: (invoice) => batches.add(invoice, invoice), end: () => batches.end() }
}

function adjusting(sender: Sender, stock: Stock): Send<Gathered<GoodsLine>, BulkResult> {
  return async function* adjust(invoices) {
    for (const [index, invoice] of invoices.entries()) {
      const isLoss = invoice.lines.every(({ meaning }) => meaning.kind === 'writeOff')
      const said = [...new Set(invoice.lines.map(({ fields }) => (fields[2] ?? '').trim()).filter((text) => text !== ''))].join('; ').slice(0, 500)
      const occurredAt = invoice.lines[0]?.meaning.at
      const body: Adjustment = {
        // The number is taken once and for all: a second run meets it and leaves the stock alone.
        siteId: stock.siteId, number: `${SOURCE}/${nameOf(invoice)}`.slice(0, 60), reason: isLoss ? 'lost' : 'found', ...(occurredAt === undefined ? {} : { occurredAt }), ...(said === '' ? {} : { note: said }),
        lines: invoice.lines.map(({ meaning }) => ({ itemId: itemIn(stock, meaning.code), locationId: stock.locationId, change: meaning.kind === 'writeOff' ? `-${meaning.quantity}` : meaning.quantity })),
      }
      yield { ...(await adjusted(sender, body)), line: index + 1, isBackordered: false, id: null }
    }
  }
}

function itemIn(stock: Stock, sku: string): ItemId {
  const id = stock.itemIds.get(sku)
  if (id === undefined) throw new CliError(EXIT.failed, `The server gave no id for the item ${sku}.`)
  return id
}

async function adjusted(sender: Sender, body: Adjustment): Promise<Pick<BulkResult, 'outcome' | 'code' | 'pointer' | 'message'>> {
  const none = { code: null, pointer: null, message: null }
  try {
    await clientOf(inventoryApi, sender).adjustStock({ body })
    return { ...none, outcome: 'created' }
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === 401 || error.status === 403 || error.status === 429 || error.status === 0 || error.status >= 500) throw error
    const fault = error.errors[0]
    if (fault?.pointer === '/number') return { ...none, outcome: 'unchanged' }
    return { outcome: 'refused', code: fault?.code ?? error.code, pointer: fault?.pointer ?? null, message: fault?.message ?? error.detail }
  }
}
