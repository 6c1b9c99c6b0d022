// Items, sites and stock.
import { inventoryApi } from '../../domains/inventory/contract.ts'
import { shipmentsApi } from '../../domains/shipments/contract.ts'
import { command, type ListOption, type Noun } from '../command.ts'

const ID = '01890a5d-ac96-774b-bcce-b302099a8057'
const RECEIVED: ListOption = { flag: 'line', property: 'lines', fields: ['itemId', 'locationId', 'quantity'] }
const CHANGED: ListOption = { flag: 'line', property: 'lines', fields: ['itemId', 'locationId', 'change'] }
const MOVED: ListOption = { flag: 'line', property: 'lines', fields: ['itemId', 'fromLocationId', 'toLocationId', 'quantity'] }

export const items: Noun = {
  noun: 'items',
  summary: 'what can be in stock',
  commands: [
    command(inventoryApi, 'list', 'listItems', { columns: ['sku', 'name', 'baseUnit', 'tracking', 'status', 'id'], examples: [{ line: 'items list --search WHITE --limit 20', says: 'Items whose sku or name begins so' }] }),
    command(inventoryApi, 'get', 'getItem', { examples: [{ line: 'items get WHITE-MUG', says: 'One item' }] }),
    command(inventoryApi, 'create', 'createItem', { examples: [{ line: 'items create --sku WHITE-MUG --name "White mug, 300 ml" --base-unit EA', says: 'A new item' }] }),
    command(inventoryApi, 'update', 'updateItem', { examples: [{ line: 'items update WHITE-MUG --row-version 1 --abc A', says: 'Change what is known of it' }] }),
  ],
}

export const sites: Noun = {
  noun: 'sites',
  summary: 'where stock can be: sites and their locations',
  commands: [
    command(inventoryApi, 'list', 'listSites', { columns: ['code', 'name', 'timeZone', 'currency', 'status', 'id'], examples: [{ line: 'sites list', says: 'All sites' }] }),
    command(inventoryApi, 'create', 'createSite', { examples: [{ line: 'sites create --code HAM --name "Hamburg warehouse" --time-zone Europe/Berlin --currency EUR', says: 'A new site' }] }),
    command(inventoryApi, 'locations', 'listLocations', { columns: ['code', 'kind', 'pickSequence', 'status', 'siteId', 'id'], examples: [{ line: 'sites locations --site-id HAM --kind pick', says: 'Where pickers go' }] }),
    command(inventoryApi, 'create-location', 'createLocation', { examples: [{ line: `sites create-location HAM --code A-01-03 --kind pick --pick-sequence 103`, says: 'A new bin' }] }),
    command(shipmentsApi, 'shipping', 'setShippingSettings', { examples: [{ line: 'sites shipping HAM --company-prefix 4012345 --extension 3 --pack-location-id PACK-1', says: 'Whose numbers its packages bear, and where it packs, stages and loads' }] }),
  ],
}

export const lots: Noun = {
  noun: 'lots',
  summary: 'lots and their expiry',
  commands: [
    command(inventoryApi, 'list', 'listLots', { examples: [{ line: 'lots list --item-id WHITE-MUG', says: 'The lots of an item' }] }),
    command(inventoryApi, 'hold', 'holdLot', { examples: [{ line: `lots hold ${ID} --reason "Complaint 4711"`, says: 'Neither promised nor shipped' }] }),
    command(inventoryApi, 'release', 'releaseLot', { examples: [{ line: `lots release ${ID} --reason Inspected`, says: 'Available again' }] }),
    command(inventoryApi, 'quarantine', 'quarantineLot', { examples: [{ line: `lots quarantine ${ID} --reason "Waiting for the laboratory"`, says: 'Apart from the others' }] }),
    command(inventoryApi, 'recall', 'recallLot', { examples: [{ line: `lots recall ${ID} --reason "Recall of the maker"`, says: 'Back it comes' }] }),
  ],
}

export const stock: Noun = {
  noun: 'stock',
  summary: 'what is there, why, and what can be promised',
  commands: [
    command(inventoryApi, 'levels', 'listLevels', { columns: ['siteCode', 'sku', 'onHand', 'unavailable', 'reserved', 'available', 'siteId', 'itemId'], examples: [{ line: 'stock levels', says: 'By site and item: on hand, promised, still available' }] }),
    command(inventoryApi, 'balances', 'listBalances', { columns: ['sku', 'locationCode', 'lotNumber', 'onHand', 'allocated', 'itemId', 'locationId'], examples: [{ line: 'stock balances --item-id WHITE-MUG', says: 'In which bins and lots it lies' }] }),
    command(inventoryApi, 'atp', 'getPromisable', { examples: [{ line: 'stock atp HAM WHITE-MUG --days 7', says: 'What can be promised, day by day (site, item)' }] }),
    command(inventoryApi, 'ledger', 'explainLevel', { examples: [{ line: 'stock ledger HAM WHITE-MUG', says: 'The moves and promises behind a level (site, item)' }] }),
    command(inventoryApi, 'why', 'explainLevel', { examples: [{ line: 'stock why HAM WHITE-MUG', says: 'The same as ledger: why is this number so?' }] }),
    command(inventoryApi, 'why-bin', 'explainBalance', { examples: [{ line: 'stock why-bin WHITE-MUG A-01-03', says: 'The same for what lies in one bin (item, location)' }] }),
    command(inventoryApi, 'promises', 'listReservations', { columns: ['kind', 'status', 'quantity', 'orderId', 'itemId', 'priority', 'createdAt'], examples: [{ line: 'stock promises --item-id WHITE-MUG', says: 'Who waits for it' }] }),
    command(inventoryApi, 'check', 'checkInvariants', { examples: [{ line: 'stock check', says: 'The rules that never break, on the live data' }] }),
    command(inventoryApi, 'receive', 'receiveStock', { lists: [RECEIVED], examples: [{ line: 'stock receive --site-id HAM --line WHITE-MUG=A-01-03=240', says: 'Goods that came in (item, location, quantity)' }] }),
    command(inventoryApi, 'receipts', 'listReceipts', { columns: ['number', 'status', 'supplier', 'expectedOn', 'receivedAt', 'id'], examples: [{ line: 'stock receipts --status expected', says: 'What is on its way' }] }),
    command(inventoryApi, 'adjust', 'adjustStock', { lists: [CHANGED], examples: [{ line: 'stock adjust --site-id HAM --reason count --line WHITE-MUG=A-01-03=-2', says: 'Two are missing (item, location, change)' }] }),
    command(inventoryApi, 'transfer', 'transferStock', { lists: [MOVED], examples: [{ line: 'stock transfer --line WHITE-MUG=A-01-03=B-02-01=10', says: 'From bin to bin (item, from, to, quantity)' }] }),
    command(inventoryApi, 'reverse', 'reverseMove', { examples: [{ line: `stock reverse ${ID} --reason "Booked twice"`, says: 'Undo a move by its opposite' }] }),
  ],
}
