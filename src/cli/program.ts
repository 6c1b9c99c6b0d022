// Everything `bss` can do, in the order in which its help shows it.
import { readFileSync } from 'node:fs'
import { isRecord } from '../kernel/json.ts'
import { auditExport } from './audit/export.ts'
import { auditVerify } from './audit/verify.ts'
import { accounts, audit, keys, organizations } from './commands/access.ts'
import { connections, domains, setupLinks, signIns } from './commands/sign-in.ts'
import { items, lots, sites, stock } from './commands/inventory.ts'
import { orders } from './commands/orders.ts'
import { customers, prices } from './commands/customers.ts'
import { carriers, epcis, returns, shipments, tasks, waves } from './commands/fulfilment.ts'
import { counts, notices, pickFaces, purchaseOrders, receipts, suppliers } from './commands/purchasing.ts'
import { shipmentLabel } from './label.ts'
import { doctor } from './doctor.ts'
import { importCommand } from './import/command.ts'
import type { Program } from './run.ts'
import { whoami } from './whoami.ts'

function ownVersion(): string {
  const found: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return isRecord(found) && typeof found['version'] === 'string' ? found['version'] : 'unknown'
}

const VERSION = ownVersion()
export const PROGRAM: Program = {
  nouns: [
    orders, customers, prices, items, stock, sites, lots, suppliers, purchaseOrders, notices, receipts, pickFaces, waves, tasks, shipments, carriers, returns, counts, epcis,
    organizations, accounts, keys, connections, domains, setupLinks, signIns, audit,
  ],
  handMade: [shipmentLabel, auditExport, auditVerify, importCommand, doctor(VERSION), whoami],
  version: VERSION,
}
