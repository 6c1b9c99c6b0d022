// Decisions about orders, without I/O: what a line may become, what an order is when its lines are what they are, and what each
// command changes. The database enforces the arrows and the sums as well; a test walks both and compares.
import type { Problem } from '../../kernel/problem.ts'
import { Problem as Refusal } from '../../kernel/problem.ts'
import type { OrderLineId } from '../../kernel/ids.ts'
import { quantityOf } from '../../kernel/quantity.ts'
import type { BackorderPolicyName, LineStatus } from './document/contract.ts'

export const ARROWS: Readonly<Record<LineStatus, readonly LineStatus[]>> = {
  draft: ['submitted', 'cancelled'],
  submitted: ['confirmed', 'cancelled'],
  confirmed: ['released', 'cancelled'],
  released: ['in_fulfilment', 'cancelled'],
  in_fulfilment: ['shipped', 'cancelled'],
  shipped: ['delivered'],
  delivered: ['closed'],
  closed: [],
  cancelled: [],
}
export const mayBecome = (from: LineStatus, to: LineStatus): boolean => ARROWS[from].includes(to)

const STEPS: readonly LineStatus[] = ['draft', 'submitted', 'confirmed', 'released', 'in_fulfilment', 'shipped', 'delivered', 'closed']

/** Cancelled lines count only when there are no others; while some goods are under way and some are not yet, the order is in fulfilment; otherwise the line that is least far decides. */
export function orderStatusOf(lines: readonly LineStatus[]): LineStatus {
  const steps = lines.map((status) => STEPS.indexOf(status)).filter((step) => step >= 0)
  if (steps.length === 0) return 'cancelled'
  const least = Math.min(...steps)
  if (least >= 2 && least <= 3 && Math.max(...steps) >= 4) return 'in_fulfilment'
  return STEPS[least] ?? 'draft'
}

/** A line as the rules see it; quantities in millionths. */
export interface LineState {
  readonly id: OrderLineId
  readonly lineNumber: number
  readonly status: LineStatus
  readonly policy: BackorderPolicyName
  readonly ordered: bigint
  readonly cancelled: bigint
  readonly reserved: bigint
  readonly picked: bigint
  readonly shipped: bigint
}
/** What becomes of a line; what is not named stays. `freed` goes back to stock. */
export interface LineChange {
  readonly id: OrderLineId
  readonly status: LineStatus
  readonly policy: BackorderPolicyName
  readonly ordered: bigint
  readonly cancelled: bigint
  readonly reserved: bigint
  readonly freed: bigint
  readonly picked: bigint
  /** How much of what is freed was picked already: it lies somewhere outside its bin. */
  readonly freedPicked: bigint
}
export interface Hold {
  readonly lineId: OrderLineId | null
  readonly kind: string
  readonly reason: string
}
export type Decision = readonly LineChange[] | Problem

const IS_PROMISING: readonly LineStatus[] = ['confirmed', 'released', 'in_fulfilment']
/** What may still be cancelled: everything that has not left. */
export const openOf = (line: LineState): bigint => line.ordered - line.cancelled - line.shipped
export const backorderedOf = (line: LineState): bigint => (IS_PROMISING.includes(line.status) ? line.ordered - line.cancelled - line.shipped - line.reserved : 0n)

const words = (status: LineStatus): string => status.replaceAll('_', ' ')
const kept = (line: LineState): LineChange => ({ id: line.id, status: line.status, policy: line.policy, ordered: line.ordered, cancelled: line.cancelled, reserved: line.reserved, freed: 0n, picked: line.picked, freedPicked: 0n })
const notNow = (sentence: string): Problem => new Refusal('illegal_transition', sentence)

/** Moves every line that stands at `from` one step on. */
function advance(lines: readonly LineState[], from: LineStatus, to: LineStatus): Decision {
  const moved = lines.filter((line) => line.status === from)
  if (moved.length === 0) return notNow(`No line of this order is ${words(from)}: it is ${words(orderStatusOf(lines.map((line) => line.status)))}.`)
  return moved.map((line) => ({ ...kept(line), status: to }))
}
export const submit = (lines: readonly LineState[]): Decision => advance(lines, 'draft', 'submitted')
export const confirm = (lines: readonly LineState[]): Decision => advance(lines, 'submitted', 'confirmed')

/** Lines whose goods may go to the warehouse: not held, and covered in full or, where the line may be split, in part. */
export function release(lines: readonly LineState[], holds: readonly Hold[], soft: ReadonlySet<OrderLineId> = new Set()): Decision {
  const whole = holds.find((hold) => hold.lineId === null)
  if (whole) return held([whole], lines)
  const confirmed = lines.filter((line) => line.status === 'confirmed')
  const later = releasableLater(lines, holds, soft).map(kept)
  if (confirmed.length === 0 && later.length > 0) return later
  if (confirmed.length === 0) return notNow(`No line of this order is confirmed: it is ${words(orderStatusOf(lines.map((line) => line.status)))}.`)
  const covered = confirmed.filter((line) => line.reserved > 0n && (line.policy === 'split' || backorderedOf(line) === 0n))
  const free = covered.filter((line) => !holds.some((hold) => hold.lineId === line.id))
  if (free.length === 0 && later.length > 0) return later
  if (covered.length > 0 && free.length === 0) return held(holds, lines)
  if (free.length === 0) {
    return new Refusal('insufficient_stock', 'No line of this order is covered by stock yet.', {
      errors: confirmed.slice(0, 20).map((line) => ({ pointer: `/lines/${line.lineNumber - 1}`, code: 'backordered', message: `${quantityOf(backorderedOf(line))} are still waiting for stock.` })),
    })
  }
  return [...free.map((line) => ({ ...kept(line), status: 'released' as const })), ...later]
}

/** Lines that were released before and have got promises since (`soft`: without a bin yet), when no hold is in the way: complete, or may be split. */
export function releasableLater(lines: readonly LineState[], holds: readonly Hold[], soft: ReadonlySet<OrderLineId>): readonly LineState[] {
  const isFree = (line: LineState): boolean => !holds.some((hold) => hold.lineId === null || hold.lineId === line.id)
  return lines.filter((line) => (line.status === 'released' || line.status === 'in_fulfilment') && soft.has(line.id) && isFree(line) && (line.policy === 'split' || backorderedOf(line) === 0n))
}
function held(holds: readonly Hold[], lines: readonly LineState[]): Problem {
  const place = (hold: Hold): string => {
    const line = lines.find((each) => each.id === hold.lineId)
    return line === undefined ? '' : `/lines/${line.lineNumber - 1}`
  }
  return new Refusal('illegal_transition', `A hold is in the way: ${holds[0]?.reason ?? ''}`, {
    errors: holds.slice(0, 20).map((hold) => ({ pointer: place(hold), code: `${hold.kind}_hold`, message: hold.reason })),
  })
}

/** Takes `quantity` of a line back: first what waits, then what is in a bin, at last what is picked. What remains may be all shipped then. */
export function reduce(line: LineState, quantity: bigint): LineChange {
  const cancelled = line.cancelled + quantity
  const left = line.ordered - cancelled - line.shipped
  const reserved = line.reserved < left ? line.reserved : left
  const freed = line.reserved - reserved
  const onTables = line.picked - line.shipped < line.reserved ? line.picked - line.shipped : line.reserved
  const inBins = line.reserved - onTables
  const freedPicked = freed > inBins ? freed - inBins : 0n
  const isShipped = line.status === 'in_fulfilment' && line.shipped > 0n && left === 0n
  const status = cancelled === line.ordered ? 'cancelled' : isShipped ? 'shipped' : line.status
  return { ...kept(line), status, cancelled, reserved, freed, picked: line.picked - freedPicked, freedPicked }
}
const isCancellable = (line: LineState): boolean => mayBecome(line.status, 'cancelled') && openOf(line) > 0n

export function cancelOrder(lines: readonly LineState[]): Decision {
  const open = lines.filter(isCancellable)
  if (open.length === 0) return notNow(`There is nothing left to cancel: the order is ${words(orderStatusOf(lines.map((line) => line.status)))}.`)
  return open.map((line) => reduce(line, openOf(line)))
}
export function cancelLine(line: LineState, quantity: bigint | null): Decision {
  if (!isCancellable(line)) return notNow(`This line is ${words(line.status)}; nothing of it can be cancelled.`)
  const wanted = quantity ?? openOf(line)
  if (wanted > openOf(line)) {
    return new Refusal('conflict', `Only ${quantityOf(openOf(line))} of this line can still be cancelled.`, { errors: [{ pointer: '/quantity', code: 'too_much', message: `At most ${quantityOf(openOf(line))}.` }] })
  }
  return [reduce(line, wanted)]
}

export interface LineAmendment {
  readonly ordered: bigint | null
  readonly policy: BackorderPolicyName | null
}
const AMENDABLE: readonly LineStatus[] = ['draft', 'submitted', 'confirmed']

/** Changes what was ordered, before the line is released. Less than before frees what no longer has a reason to be reserved. */
export function amendLine(line: LineState, amendment: LineAmendment, pointer: string): LineChange | Problem {
  if (!AMENDABLE.includes(line.status)) return new Refusal('illegal_transition', `Line ${line.lineNumber} is ${words(line.status)} and can no longer be changed.`, { errors: [{ pointer, code: 'not_amendable', message: `The line is ${words(line.status)}.` }] })
  const ordered = amendment.ordered ?? line.ordered
  if (ordered <= line.cancelled) {
    return new Refusal('conflict', `${quantityOf(line.cancelled)} of line ${line.lineNumber} are cancelled already.`, { errors: [{ pointer: `${pointer}/quantity`, code: 'too_little', message: 'Must be more than what is cancelled; cancel the line instead.' }] })
  }
  const left = ordered - line.cancelled - line.shipped
  const reserved = line.reserved < left ? line.reserved : left
  return { ...kept(line), policy: amendment.policy ?? line.policy, ordered, reserved, freed: line.reserved - reserved }
}
