// How a scan is judged. Pure: what is true was read under the locks. Scans of one task add up, so their order does not matter.
import { parseBarcode, type Scan as Barcode } from '../../../kernel/gs1/index.ts'
import { micros, quantityOf } from '../../../kernel/quantity.ts'
import type { Id, ItemId, LocationId, LotId, ReservationId, ShipmentLineId, SiteId, TaskId } from '../../../kernel/ids.ts'
import type { TASK_KINDS, TaskStatus } from '../rules.ts'

export const OUTCOMES = ['accepted', 'refused', 'queued'] as const
export const RESOLUTIONS = ['accepted', 'discarded'] as const
export const SCAN_CODES = [
  'barcode_required', 'unknown_barcode', 'wrong_check_digit', 'unknown_task', 'not_scannable', 'wrong_item', 'wrong_lot', 'expired_lot', 'lot_not_available', 'wrong_location', 'location_required', 'foreign_sscc', 'over_pick', 'wrong_tote', 'too_old',
  'task_cancelled', 'not_leased', 'held_by_other', 'task_ended', 'task_in_exception', 'insufficient_stock', 'not_possible',
] as const
export type ScanCode = (typeof SCAN_CODES)[number]
/** Kinds of tasks whose goods move by scans; the others are packed, counted or loaded by commands of their own. */
const SCANNABLE: ReadonlySet<string> = new Set(['pick', 'putaway', 'replenish', 'move'])

/** Clocks may run ahead by so much; and a device may be without a network for a shift, not for longer. */
const AHEAD_MS = 5 * 60_000
const BEHIND_MS = 12 * 3_600_000
/** What time a scan is given: its own, unless the device's clock cannot be right. */
export function timeOf(deviceTime: string, now: Date): { occurredAt: string; isClockOff: boolean } {
  const at = Date.parse(deviceTime)
  const isClockOff = at > now.getTime() + AHEAD_MS || at < now.getTime() - BEHIND_MS
  return { occurredAt: (isClockOff || at > now.getTime() ? now : new Date(at)).toISOString(), isClockOff }
}

export interface ScannedTask {
  readonly id: TaskId
  readonly siteId: SiteId
  readonly kind: (typeof TASK_KINDS)[number]
  readonly status: TaskStatus
  readonly isMine: boolean
  readonly isGiven: boolean
  readonly leaseDevice: string | null
  readonly lastDevice: string | null
  readonly exceptionCode: string | null
  readonly fromLocationId: LocationId | null
  readonly toLocationId: LocationId | null
  readonly itemId: ItemId | null
  readonly lotId: LotId | null
  readonly lotNumber: string | null
  readonly lotStatus: string | null
  readonly isLotPast: boolean
  readonly today: string
  readonly receiptId: Id<'Receipt'> | null
  readonly tote: string | null
  readonly planned: string | null
  readonly done: string
  readonly reservationId: ReservationId | null
  readonly shipmentLineId: ShipmentLineId | null
  /** Of a pick: what is still promised by bin. */
  readonly promised: string
  readonly isStopped: boolean
}
export interface Known {
  /** Items by GTIN-14 or sku, with how many of their unit one such code stands for. */
  readonly items: ReadonlyMap<string, readonly { readonly itemId: ItemId; readonly factor: string }[]>
  /** What lies in units that were received whole, by SSCC. */
  readonly units: ReadonlyMap<string, readonly { readonly receiptId: Id<'Receipt'>; readonly itemId: ItemId; readonly lotNumber: string | null; readonly quantity: string }[]>
  readonly locations: ReadonlyMap<string, readonly { readonly id: LocationId; readonly siteId: SiteId; readonly isPlace: boolean; readonly isQuarantine: boolean }[]>
  readonly packLocations: ReadonlyMap<SiteId, LocationId | null>
}
export interface Reading {
  readonly barcode?: string
  readonly lot?: string
  readonly location?: string
  readonly toLocation?: string
  readonly tote?: string
  readonly quantity?: string
}
export interface Entry {
  readonly task: ScannedTask
  readonly quantity: string
  readonly toLocationId: LocationId
}
export interface Refusal {
  readonly outcome: 'refused' | 'queued'
  readonly code: ScanCode
  readonly message: string
}
export type Verdict = { readonly outcome: 'accepted'; readonly entry: Entry } | Refusal

const refused = (code: ScanCode, message: string): Refusal => ({ outcome: 'refused', code, message })
const queued = (code: ScanCode, message: string): Refusal => ({ outcome: 'queued', code, message })

/** The text of a code that names a place or a sku: without the scanner's frame around it. */
export function plainOf(text: string): string {
  const read = parseBarcode(text)
  return read.ok ? read.scan.text : text.trim()
}

/** Judges scans of one batch one after the other: what was accepted before counts for what follows. */
export class Judge {
  readonly #known: Known
  readonly #device: string
  readonly #isLead: boolean
  readonly #taken = new Map<string, bigint>()
  constructor(known: Known, device: string, isLead: boolean) {
    this.#known = known
    this.#device = device
    this.#isLead = isLead
  }

  judge(reading: Reading, task: ScannedTask | undefined): Verdict {
    if (task === undefined) return refused('unknown_task', 'There is no such task.')
    if (!SCANNABLE.has(task.kind) || task.planned === null || task.itemId === null || task.fromLocationId === null) return refused('not_scannable', `A task of kind ${task.kind} is not done by scans of items.`)
    const goods = this.#goods(reading, task)
    if ('outcome' in goods) return goods
    const place = this.#place(reading, task)
    if ('outcome' in place) return place
    if (reading.tote !== undefined && task.tote !== null && reading.tote !== task.tote) return refused('wrong_tote', `These goods belong in ${task.tote}.`)
    return this.#held(task) ?? this.#fits(task, goods.quantity, place.toLocationId)
  }

  #goods(reading: Reading, task: ScannedTask): { readonly quantity: string } | Refusal {
    if (reading.barcode === undefined) return reading.location === undefined && reading.toLocation === undefined ? refused('barcode_required', 'Scan the goods or their place.') : lotFault(task, [reading.lot]) ?? { quantity: reading.quantity ?? '1' }
    const bySku = this.#known.items.get(`sku ${plainOf(reading.barcode)}`) ?? []
    const read = parseBarcode(reading.barcode)
    const isSku = bySku.some((each) => each.itemId === task.itemId)
    if (!read.ok && !isSku) return read.code === 'check_digit' ? refused('wrong_check_digit', read.message) : refused('unknown_barcode', read.message)
    const code: Barcode | null = read.ok && !isSku ? read.scan : null
    if (code?.sscc !== undefined) return this.#unit(code.sscc, reading, task)
    const named = [...bySku, ...(code?.gtin14 === undefined ? [] : this.#known.items.get(`gtin ${code.gtin14}`) ?? [])]
    const match = named.find((each) => each.itemId === task.itemId)
    if (match === undefined) return named.length === 0 ? refused('unknown_barcode', 'No item has this barcode.') : refused('wrong_item', 'This is another item than the task asks for.')
    const fault = lotFault(task, reading.lot === undefined ? [code?.lot, code?.serial] : [reading.lot]) ?? (code?.expiresOn !== undefined && code.expiresOn < task.today && takesFresh(task) ? refused('expired_lot', 'The goods are past the date on their label.') : null)
    if (fault !== null) return fault
    return { quantity: reading.quantity ?? quantityOf((micros(code?.quantity === undefined || code.quantity === '0' ? '1' : code.quantity) * micros(match.factor)) / 1_000_000n) }
  }

  /** A unit that was received whole is put away whole: it stands for what is in it of the task's goods, as far as the task takes them. */
  #unit(sscc: string, reading: Reading, task: ScannedTask): { readonly quantity: string } | Refusal {
    const inside = task.kind === 'putaway' && task.receiptId !== null ? (this.#known.units.get(sscc) ?? []).filter((each) => each.receiptId === task.receiptId) : []
    if (inside.length === 0) return refused('foreign_sscc', 'This is the number of a logistic unit that does not belong to this task: scan the goods.')
    const mine = inside.filter((each) => each.itemId === task.itemId && (task.lotNumber === null || each.lotNumber === null || each.lotNumber === task.lotNumber))
    if (mine.length === 0) return refused('wrong_item', 'Nothing in this unit is what the task asks for.')
    const all = mine.reduce((sum, { quantity }) => sum + micros(quantity), 0n)
    const left = this.#left(task.id, micros(task.planned ?? '0') - micros(task.done))
    return { quantity: reading.quantity ?? quantityOf(left > 0n && left < all ? left : all) }
  }

  #place(reading: Reading, task: ScannedTask): { readonly toLocationId: LocationId } | Refusal {
    const find = (text: string) => this.#known.locations.get(plainOf(text))?.find((each) => each.siteId === task.siteId)
    if (reading.location !== undefined && find(reading.location)?.id !== task.fromLocationId) return refused('wrong_location', 'The task takes its goods from another place.')
    if (reading.toLocation === undefined) {
      const to = task.toLocationId ?? (task.kind === 'pick' ? this.#known.packLocations.get(task.siteId) ?? null : null)
      return to === null ? refused('location_required', 'Scan the place where the goods are put.') : { toLocationId: to }
    }
    const to = find(reading.toLocation)
    if (to === undefined || !to.isPlace || to.id === task.fromLocationId || (task.kind === 'pick' && to.isQuarantine)) return refused('wrong_location', 'The goods cannot be put there.')
    if (task.kind === 'replenish' && task.toLocationId !== null && to.id !== task.toLocationId) return refused('wrong_location', 'The task fills another place.')
    return { toLocationId: to.id }
  }

  /** Whether the device may still post to this task; a lead may as long as the task can take it. */
  #held(task: ScannedTask): Refusal | null {
    if (task.status === 'cancelled' || task.isStopped) return refused('task_cancelled', 'This task or its order was cancelled: put the goods back.')
    if (this.#isLead) return task.status === 'completed' || task.status === 'short_completed' ? queued('task_ended', 'This task has ended: nothing of it is left.') : null
    const wasHere = task.lastDevice === this.#device
    switch (task.status) {
      case 'leased':
      case 'in_progress':
        return task.isMine && task.leaseDevice === this.#device ? null : queued('held_by_other', 'Somebody else holds this task now, or you hold it on another device.')
      case 'created':
      case 'ready':
        if (!wasHere) return refused('not_leased', 'This device does not hold this task.')
        return task.isGiven && !task.isMine ? queued('held_by_other', 'This task was given to somebody else.') : null
      case 'exception':
        return queued('task_in_exception', 'This task waits for a lead.')
      case 'completed':
        return task.isMine && wasHere ? refused('over_pick', 'Nothing of this task is left to do.') : queued('task_ended', 'This task was ended by somebody else.')
      default:
        return queued('task_ended', 'This task has ended.')
    }
  }

  #fits(task: ScannedTask, quantity: string, toLocationId: LocationId): Verdict {
    const left = this.#left(task.id, micros(task.planned ?? '0') - micros(task.done))
    if (micros(quantity) > left) return refused('over_pick', `Only ${quantityOf(left)} are left to do.`)
    if (task.kind === 'pick') {
      const fault = task.lotId !== null && task.isLotPast ? refused('expired_lot', 'This lot is past its date.') : task.lotStatus !== null && task.lotStatus !== 'available' ? refused('lot_not_available', `This lot is ${task.lotStatus.replaceAll('_', ' ')}.`) : null
      if (fault !== null) return fault
      const promised = this.#left(task.reservationId ?? task.id, micros(task.promised))
      if (promised === 0n || micros(quantity) > promised) return refused(micros(task.promised) === 0n ? 'task_cancelled' : 'over_pick', `Only ${quantityOf(promised)} of this are still promised: the order was cancelled or changed.`)
      this.#take(task.reservationId ?? task.id, quantity)
    }
    this.#take(task.id, quantity)
    return { outcome: 'accepted', entry: { task, quantity, toLocationId } }
  }

  #left(id: string, whole: bigint): bigint {
    return whole - (this.#taken.get(id) ?? 0n)
  }
  #take(id: string, quantity: string): void {
    this.#taken.set(id, (this.#taken.get(id) ?? 0n) + micros(quantity))
  }
}

const takesFresh = (task: ScannedTask): boolean => task.kind === 'pick' || task.kind === 'replenish'
/** A label may name a lot and a serial number; goods that are told apart one by one are known by the latter. */
const lotFault = ({ lotNumber }: ScannedTask, named: readonly (string | undefined)[]): Refusal | null =>
  lotNumber === null || named.includes(lotNumber) || named.every((each) => each === undefined) ? null : refused('wrong_lot', `The task asks for lot ${lotNumber}.`)
