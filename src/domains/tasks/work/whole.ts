// Tasks that are done by a command of the room they come from: an inspection is decided, a shipment is packed, loaded, or taken off its
// truck. The task's lock comes before those of that room: nobody who holds them waits for a task of these kinds.
import { parseBarcode } from '../../../kernel/gs1/index.ts'
import { newId } from '../../../kernel/ids.ts'
import { Problem, type ProblemError } from '../../../kernel/problem.ts'
import { decideInspection } from '../../inventory/index.ts'
import { loadShipment, packShipment, shipmentOf, unloadShipment } from '../../shipments/index.ts'
import type { Completion, Task } from './contract.ts'
import type { Working } from './store.ts'

const missing = (pointer: string, sentence: string): Problem => new Problem('invalid', sentence, { errors: [{ pointer, code: 'required', message: sentence }] })

/** Does the work of a task that moves no goods by itself. Gives false when more of it is left to do. */
export async function doWhole(tx: Working, task: Task, done: Completion): Promise<boolean> {
  if (task.kind === 'inspect') await inspect(tx, task, done)
  else if (task.kind === 'pack') return pack(tx, task, done)
  else if (task.kind === 'load' || task.kind === 'unload') await carry(tx, task, done)
  return true
}

async function inspect(tx: Working, task: Task, { inspection, toLocationId }: Completion): Promise<void> {
  if (task.inspectionId === null) throw new TypeError('An inspect task has an inspection.')
  if (inspection === undefined) throw missing('/inspection', 'Say how much is accepted and how much rejected.')
  await decideInspection(tx, newId(), task.inspectionId, { ...inspection, ...(toLocationId === undefined ? {} : { toLocationId }) })
}

async function pack(tx: Working, task: Task, { units }: Completion): Promise<boolean> {
  if (task.shipmentId === null) throw new TypeError('A pack task has a shipment.')
  if (units !== undefined) return (await packShipment(tx, task.shipmentId, units)).status !== 'picked'
  if ((await shipmentOf(tx, task.shipmentId)).status === 'picked') throw missing('/units', 'Say which packages were made, and what is in them.')
  return true
}

/** What was done by hand meanwhile is done: the task has only to end. */
async function carry(tx: Working, task: Task, { labels, toLocationId }: Completion): Promise<void> {
  if (task.shipmentId === null) throw new TypeError('A task about a truck has a shipment.')
  const { status, isUnloading, units } = await shipmentOf(tx, task.shipmentId)
  if (labels !== undefined) checkLabels(labels, units.filter(({ parentId }) => parentId === null).map(({ sscc }) => sscc))
  if (task.kind === 'load' && status === 'staged') await loadShipment(tx, task.shipmentId, toLocationId)
  if (task.kind === 'unload' && isUnloading) await unloadShipment(tx, task.shipmentId, toLocationId)
}

/** Labels that were scanned must be those of the shipment, and none may be left behind; a pallet's counts for what stands on it. */
function checkLabels(labels: readonly string[], ssccs: readonly string[]): void {
  const seen = new Set<string>()
  const errors = labels.flatMap((label, index): ProblemError[] => {
    const pointer = `/labels/${index}`
    const read = parseBarcode(label)
    if (!read.ok) return [{ pointer, code: read.code === 'check_digit' ? 'wrong_check_digit' : 'unknown_barcode', message: read.message }]
    const { sscc } = read.scan
    if (sscc === undefined || !ssccs.includes(sscc)) return [{ pointer, code: 'foreign_sscc', message: 'This is no package or pallet of this shipment.' }]
    seen.add(sscc)
    return []
  })
  const left = ssccs.filter((sscc) => !seen.has(sscc))
  if (errors.length === 0 && left.length > 0) errors.push({ pointer: '/labels', code: 'not_all', message: `Not scanned: ${left.slice(0, 5).join(', ')}${left.length > 5 ? ` and ${left.length - 5} more` : ''}.` })
  if (errors.length > 0) throw new Problem('conflict', 'These are not the packages of this shipment.', { errors: errors.slice(0, 100) })
}
