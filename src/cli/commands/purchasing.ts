// What comes in: suppliers, what was ordered from them, what they announced, and what came.
import { inventoryApi } from '../../domains/inventory/contract.ts'
import { command, type ListOption, type Noun } from '../command.ts'

const ID = '01890a5d-ac96-774b-bcce-b302099a8057'
const ORDERED: ListOption = { flag: 'line', property: 'lines', fields: ['itemId', 'quantity'] }
const CAME: ListOption = { flag: 'line', property: 'lines', fields: ['purchaseOrderLineId', 'quantity'] }

export const suppliers: Noun = {
  noun: 'suppliers',
  summary: 'who delivers, and what was agreed with them',
  commands: [
    command(inventoryApi, 'list', 'listSuppliers', { columns: ['code', 'name', 'status', 'overPercent', 'underPercent', 'minRemainingDays', 'id'], examples: [{ line: 'suppliers list', says: 'All suppliers' }] }),
    command(inventoryApi, 'get', 'getSupplier', { examples: [{ line: 'suppliers get POTTERY', says: 'One supplier' }] }),
    command(inventoryApi, 'create', 'createSupplier', { examples: [{ line: 'suppliers create --code POTTERY --name "Acme Pottery" --over-percent 5', says: 'A new supplier, who may deliver 5 % too much' }] }),
    command(inventoryApi, 'set-terms', 'setSupplierTerms', { examples: [{ line: 'suppliers set-terms POTTERY --over-percent 5 --under-percent 2 --min-remaining-days 90', says: 'Tolerances, and how long goods must still last' }] }),
  ],
}

export const purchaseOrders: Noun = {
  noun: 'purchase-orders',
  summary: 'what was ordered from suppliers',
  commands: [
    command(inventoryApi, 'list', 'listPurchaseOrders', { columns: ['number', 'status', 'expectedOn', 'statusReason', 'externalRef', 'createdAt', 'id'], examples: [{ line: 'purchase-orders list --status sent', says: 'What suppliers know of' }] }),
    command(inventoryApi, 'get', 'getPurchaseOrder', { examples: [{ line: 'purchase-orders get PO-000001', says: 'One order with its lines' }] }),
    command(inventoryApi, 'create', 'createPurchaseOrder', { lists: [ORDERED], examples: [{ line: 'purchase-orders create --supplier-id POTTERY --site-id HAM --expected-on 2027-01-15 --line WHITE-MUG=240', says: 'A draft (item, quantity)' }] }),
    command(inventoryApi, 'submit', 'submitPurchaseOrder', { examples: [{ line: 'purchase-orders submit PO-000001', says: 'Ask for approval' }] }),
    command(inventoryApi, 'approve', 'approvePurchaseOrder', { examples: [{ line: 'purchase-orders approve PO-000001', says: 'By somebody who neither drafted nor submitted it' }] }),
    command(inventoryApi, 'reject', 'rejectPurchaseOrder', { examples: [{ line: 'purchase-orders reject PO-000001 --reason "Too much"', says: 'Not like this' }] }),
    command(inventoryApi, 'send', 'sendPurchaseOrder', { examples: [{ line: 'purchase-orders send PO-000001', says: 'The supplier has it' }] }),
    command(inventoryApi, 'acknowledge', 'acknowledgePurchaseOrder', { examples: [{ line: 'purchase-orders acknowledge PO-000001', says: 'The supplier has agreed' }] }),
    command(inventoryApi, 'receive', 'receivePurchaseOrder', { lists: [CAME], examples: [{ line: `purchase-orders receive PO-000001 --location-id RCV-01 --line ${ID}=120`, says: 'What came (order line, quantity)' }] }),
    command(inventoryApi, 'cancel', 'cancelPurchaseOrder', { examples: [{ line: 'purchase-orders cancel PO-000001 --reason "Not needed"', says: 'Nothing of it has come' }] }),
    command(inventoryApi, 'finish', 'finishPurchaseOrder', { examples: [{ line: 'purchase-orders finish PO-000001', says: 'Nothing more will come' }] }),
    command(inventoryApi, 'close', 'closePurchaseOrder', { examples: [{ line: 'purchase-orders close PO-000001', says: 'It is done with' }] }),
    command(inventoryApi, 'money', 'getPurchaseOrderMoney', { examples: [{ line: 'purchase-orders money PO-000001', says: 'Prices, for those who may see costs' }] }),
  ],
}

export const notices: Noun = {
  noun: 'notices',
  summary: 'what suppliers announced: handling units with their contents',
  commands: [
    command(inventoryApi, 'list', 'listShipNotices', { columns: ['number', 'status', 'expectedOn', 'createdAt', 'id'], examples: [{ line: 'notices list --status announced', says: 'What is on its way' }] }),
    command(inventoryApi, 'get', 'getShipNotice', { examples: [{ line: 'notices get DN-4711', says: 'One notice with its units' }] }),
    command(inventoryApi, 'announce', 'announceShipNotice', { examples: [{ line: `notices announce --number DN-4711 --purchase-order-id PO-000001 --expected-on 2027-01-15 --data '{"units":[{"sscc":"340123450000000017","contents":[{"itemId":"WHITE-MUG","quantity":"48"}]}]}'`, says: 'What was sent, by handling unit' }] }),
    command(inventoryApi, 'receive-unit', 'receiveUnit', { examples: [{ line: 'notices receive-unit --barcode "(00)340123450000000017" --location-id RCV-01', says: 'The label of a unit was scanned' }] }),
    command(inventoryApi, 'cancel', 'cancelShipNotice', { examples: [{ line: 'notices cancel DN-4711', says: 'It will not come' }] }),
  ],
}

export const receipts: Noun = {
  noun: 'receipts',
  summary: 'what came, and what of it is looked at',
  commands: [
    command(inventoryApi, 'list', 'listReceipts', { columns: ['number', 'status', 'supplier', 'expectedOn', 'receivedAt', 'id'], examples: [{ line: 'receipts list --status received', says: 'What waits to be put away' }] }),
    command(inventoryApi, 'get', 'getReceipt', { examples: [{ line: 'receipts get RCV-01KAZ4E0', says: 'One receipt with its lines' }] }),
    command(inventoryApi, 'close', 'closeReceipt', { examples: [{ line: 'receipts close RCV-01KAZ4E0', says: 'It is done with' }] }),
    command(inventoryApi, 'inspections', 'listInspections', { columns: ['status', 'quantity', 'accepted', 'rejected', 'disposition', 'createdAt', 'itemId', 'id'], examples: [{ line: 'receipts inspections --status open', says: 'What waits in quarantine' }] }),
    command(inventoryApi, 'decide', 'decideInspection', { examples: [{ line: `receipts decide ${ID} --accepted 118 --rejected 2 --disposition scrap --reason Broken`, says: 'What is good, and what is not' }] }),
  ],
}

export const pickFaces: Noun = {
  noun: 'pick-faces',
  summary: 'bins that are kept filled for picking',
  commands: [
    command(inventoryApi, 'list', 'listPickFaces', { examples: [{ line: 'pick-faces list --site-id HAM', says: 'All of a site' }] }),
    command(inventoryApi, 'set', 'setPickFace', { examples: [{ line: 'pick-faces set --location-id A-01-03 --item-id WHITE-MUG --minimum 12 --maximum 96', says: 'Keep 12 to 96 there' }] }),
    command(inventoryApi, 'end', 'deletePickFace', { examples: [{ line: `pick-faces end ${ID}`, says: 'What lies there stays' }] }),
  ],
}

export const counts: Noun = {
  noun: 'counts',
  summary: 'cycle counts',
  commands: [
    command(inventoryApi, 'list', 'listCounts', { columns: ['number', 'status', 'round', 'reason', 'createdAt', 'postedAt', 'id'], examples: [{ line: 'counts list --status counting', says: 'What is being counted' }] }),
    command(inventoryApi, 'get', 'getCount', { examples: [{ line: 'counts get CNT-01KAZ4E0', says: 'What is still to be counted' }] }),
    command(inventoryApi, 'plan', 'planCount', { examples: [{ line: 'counts plan --site-id HAM --location-ids A-01-03 --tolerance-percent 1', says: 'Count a bin' }] }),
    command(inventoryApi, 'record', 'recordCount', { lists: [{ flag: 'entry', property: 'entries', fields: ['itemId', 'quantity'] }], examples: [{ line: 'counts record CNT-01KAZ4E0 --location-id A-01-03 --entry WHITE-MUG=12', says: 'All that lies there (item, quantity)' }] }),
    command(inventoryApi, 'differences', 'listCountDifferences', { examples: [{ line: 'counts differences CNT-01KAZ4E0', says: 'Counted against expected' }] }),
    command(inventoryApi, 'review', 'reviewCount', { examples: [{ line: 'counts review CNT-01KAZ4E0', says: 'The differences are understood' }] }),
    command(inventoryApi, 'approve', 'approveCount', { examples: [{ line: 'counts approve CNT-01KAZ4E0', says: 'By somebody who did not count' }] }),
    command(inventoryApi, 'post', 'postCount', { examples: [{ line: 'counts post CNT-01KAZ4E0', says: 'The books follow' }] }),
    command(inventoryApi, 'cancel', 'cancelCount', { examples: [{ line: 'counts cancel CNT-01KAZ4E0', says: 'It is not needed' }] }),
  ],
}
