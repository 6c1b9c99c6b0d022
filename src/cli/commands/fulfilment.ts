// What leaves and what comes back: shipments, carriers, the work on the floor, returns, and the events all of it leaves behind.
import { inventoryApi } from '../../domains/inventory/contract.ts'
import { ordersApi } from '../../domains/orders/contract.ts'
import { shipmentsApi } from '../../domains/shipments/contract.ts'
import { tasksApi } from '../../domains/tasks/contract.ts'
import { command, type ListOption, type Noun } from '../command.ts'

const ID = '01890a5d-ac96-774b-bcce-b302099a8057'
const RETURNED: ListOption = { flag: 'line', property: 'lines', fields: ['orderLineId', 'quantity', 'reason'] }
const CAME_BACK: ListOption = { flag: 'line', property: 'lines', fields: ['returnLineId', 'quantity', 'locationId'] }
const FOUND: ListOption = { flag: 'finding', property: 'findings', fields: ['receiptId', 'condition'] }
const DECIDED: ListOption = { flag: 'line', property: 'lines', fields: ['receiptId', 'disposition', 'quantity', 'locationId'] }

export const shipments: Noun = {
  noun: 'shipments',
  summary: 'what leaves, from the plan to the proof of delivery',
  commands: [
    command(shipmentsApi, 'list', 'listShipments', { columns: ['number', 'status', 'priority', 'shipBy', 'shippedAt', 'deliveredAt', 'trackingNumber', 'id'], examples: [{ line: 'shipments list --status packed', says: 'What could leave' }] }),
    command(shipmentsApi, 'get', 'getShipment', { examples: [{ line: 'shipments get SH-000001', says: 'One shipment with its lines and packages' }] }),
    command(shipmentsApi, 'plan', 'planShipments', { examples: [{ line: 'shipments plan --site-id HAM --carrier-id PARCEL', says: 'A shipment for every released order' }] }),
    command(shipmentsApi, 'create', 'createShipment', { examples: [{ line: 'shipments create --order-ids SO-000042 --carrier-id PARCEL', says: 'A shipment of one order' }] }),
    command(shipmentsApi, 'release', 'releaseShipment', { examples: [{ line: 'shipments release SH-000001', says: 'To the warehouse, without a wave' }] }),
    command(shipmentsApi, 'pack', 'packShipment', { examples: [{ line: `shipments pack SH-000001 --data '{"units":[{"kind":"package","weightGrams":5200,"contents":[{"itemId":"PUMP-40","quantity":"2"}]}]}'`, says: 'What was picked goes into a package' }] }),
    command(shipmentsApi, 'book', 'bookShipment', { examples: [{ line: 'shipments book SH-000001', says: 'Ask its carrier to take it' }] }),
    command(shipmentsApi, 'stage', 'stageShipment', { examples: [{ line: 'shipments stage SH-000001', says: 'To where it waits' }] }),
    command(shipmentsApi, 'load', 'loadShipment', { examples: [{ line: 'shipments load SH-000001', says: 'Onto the truck' }] }),
    command(shipmentsApi, 'issue', 'shipShipment', { examples: [{ line: 'shipments issue SH-000001', says: 'Goods issue: it leaves' }] }),
    command(shipmentsApi, 'requests', 'listCarrierRequests', { columns: ['kind', 'status', 'attempts', 'nextAttemptAt', 'doneAt', 'lastError'], examples: [{ line: 'shipments requests SH-000001', says: 'What its carrier was asked' }] }),
    command(shipmentsApi, 'track', 'listTrackingEvents', { columns: ['occurredAt', 'code', 'place', 'note', 'recordedAt'], examples: [{ line: 'shipments track SH-000001', says: 'What its carrier told' }] }),
    command(shipmentsApi, 'milestones', 'getMilestones', { examples: [{ line: 'shipments milestones SH-000001', says: 'Planned against what happened' }] }),
    command(shipmentsApi, 'deliver', 'deliverShipment', { examples: [{ line: 'shipments deliver SH-000001 --received-by "M. Meyer" --delivered-at 2026-12-02T10:15:00Z', says: 'Delivered, with its proof' }] }),
    command(shipmentsApi, 'cancel', 'cancelShipment', { examples: [{ line: 'shipments cancel SH-000001', says: 'Nothing of it is picked' }] }),
  ],
}

const WORK = ['kind', 'status', 'priority', 'sku', 'planned', 'done', 'fromLocationCode', 'toLocationCode', 'dueAt', 'id'] as const
/** A lease is of one task or of several: both are a list. */
const LEASED = { list: 'tasks' } as const
export const tasks: Noun = {
  noun: 'tasks',
  summary: 'the work on the floor',
  commands: [
    command(tasksApi, 'next', 'nextTasks', { columns: WORK, answer: LEASED, examples: [{ line: 'tasks next --site-id HAM --device-id scanner-7 --kinds pick', says: 'Lease what matters most' }] }),
    command(tasksApi, 'list', 'listTasks', { columns: WORK, examples: [{ line: 'tasks list --status ready --kind pick', says: 'Picks that wait' }] }),
    command(tasksApi, 'counts', 'countTasks', { examples: [{ line: 'tasks counts --site-id HAM', says: 'How much there is to do' }] }),
    command(tasksApi, 'get', 'getTask', { examples: [{ line: `tasks get ${ID}`, says: 'One task' }] }),
    command(tasksApi, 'done', 'completeTask', { examples: [{ line: `tasks done ${ID} --device-id scanner-7`, says: 'Do a task: the goods move with it' }] }),
    command(tasksApi, 'short', 'shortTask', { examples: [{ line: `tasks short ${ID} --device-id scanner-7 --found 1 --code too_few`, says: 'Fewer were there' }] }),
    command(tasksApi, 'give-back', 'releaseTask', { examples: [{ line: `tasks give-back ${ID} --device-id scanner-7`, says: 'Nothing was done on it' }] }),
    command(tasksApi, 'reassign', 'reassignTask', { examples: [{ line: `tasks reassign ${ID} --data '{"assignee":null}'`, says: 'To anybody again' }] }),
  ],
}

export const carriers: Noun = {
  noun: 'carriers',
  summary: 'who carries, with which services',
  commands: [
    command(shipmentsApi, 'list', 'listCarriers', { columns: ['code', 'name', 'kind', 'status', 'id'], examples: [{ line: 'carriers list', says: 'All carriers' }] }),
    command(shipmentsApi, 'get', 'getCarrier', { examples: [{ line: 'carriers get PARCEL', says: 'One carrier with its services' }] }),
    command(shipmentsApi, 'create', 'createCarrier', { examples: [{ line: `carriers create --code PARCEL --name "Parcel Service" --kind manual --data '{"services":[{"code":"STD","name":"Standard","transitDays":2}]}'`, says: 'A new carrier with a service' }] }),
  ],
}

export const waves: Noun = {
  noun: 'waves',
  summary: 'shipments that go to the floor together',
  commands: [
    command(tasksApi, 'list', 'listWaves', { columns: ['number', 'status', 'tasks', 'tasksEnded', 'createdAt', 'id'], examples: [{ line: 'waves list --status released', says: 'What the floor works on' }] }),
    command(tasksApi, 'get', 'getWave', { examples: [{ line: 'waves get WV-000001', says: 'One wave' }] }),
    command(tasksApi, 'create', 'planWave', { examples: [{ line: 'waves create --site-id HAM', says: 'A wave of what is planned' }] }),
    command(tasksApi, 'release', 'releaseWave', { examples: [{ line: 'waves release WV-000001', says: 'Make its pick tasks' }] }),
    command(tasksApi, 'cancel', 'cancelWave', { examples: [{ line: 'waves cancel WV-000001', says: 'Before its release' }] }),
  ],
}

export const returns: Noun = {
  noun: 'returns',
  summary: 'goods that come back',
  commands: [
    command(ordersApi, 'list', 'listReturns', { columns: ['number', 'status', 'requestedAt', 'receivedAt', 'settledAt', 'trackingReference', 'id'], examples: [{ line: 'returns list --status requested', says: 'What waits for a decision' }] }),
    command(ordersApi, 'get', 'getReturn', { examples: [{ line: 'returns get RMA-000001', says: 'One return with its lines' }] }),
    command(ordersApi, 'request', 'requestReturn', { lists: [RETURNED], examples: [{ line: `returns request --line ${ID}=2=damaged`, says: 'Ask for one (order line, quantity, reason)' }] }),
    command(ordersApi, 'approve', 'approveReturn', { examples: [{ line: 'returns approve RMA-000001', says: 'It may come back' }] }),
    command(ordersApi, 'reject', 'rejectReturn', { examples: [{ line: 'returns reject RMA-000001 --reason "Too late"', says: 'It may not' }] }),
    command(ordersApi, 'cancel', 'cancelReturn', { examples: [{ line: 'returns cancel RMA-000001 --reason "The customer keeps it"', says: 'Withdraw it' }] }),
    command(ordersApi, 'await', 'awaitReturn', { examples: [{ line: 'returns await RMA-000001 --tracking-reference JD0002', says: 'It is on its way' }] }),
    command(ordersApi, 'receive', 'receiveReturn', { lists: [CAME_BACK], examples: [{ line: `returns receive RMA-000001 --line ${ID}=2=RETURNS`, says: 'They are there (line of the return, quantity, location)' }] }),
    command(ordersApi, 'inspect', 'inspectReturn', { lists: [FOUND], examples: [{ line: `returns inspect RMA-000001 --finding ${ID}=as_new`, says: 'What they look like (what was received, condition)' }] }),
    command(ordersApi, 'dispose', 'disposeReturn', { lists: [DECIDED], examples: [{ line: `returns dispose RMA-000001 --line ${ID}=restock=2=A-01-01`, says: 'What becomes of them (what was received, disposition, quantity, location)' }] }),
    command(ordersApi, 'settle', 'settleReturn', { examples: [{ line: 'returns settle RMA-000001', says: 'Ask finance for the credit' }] }),
    command(ordersApi, 'close', 'closeReturn', { examples: [{ line: 'returns close RMA-000001', says: 'It is done with' }] }),
  ],
}

const EVENTS = { list: 'epcisBody.queryResults.resultsBody.eventList', next: 'bss:nextPageToken' } as const
export const epcis: Noun = {
  noun: 'epcis',
  summary: 'what happened to which goods, as EPCIS 2.0 events',
  commands: [
    command(inventoryApi, 'events', 'queryEvents', {
      columns: ['eventTime', 'type', 'action', 'bizStep', 'disposition', 'readPoint.id', 'eventID'], answer: EVENTS,
      examples: [{ line: 'epcis events --order-by eventTime --order-direction DESC', says: 'The latest' }, { line: 'epcis events --eq-biz-step shipping --all --json', says: 'All goods issues, an event a line (NDJSON)' }],
    }),
    command(inventoryApi, 'get', 'getEvent', { examples: [{ line: `epcis get urn:uuid:${ID} --json`, says: 'One event' }] }),
  ],
}
