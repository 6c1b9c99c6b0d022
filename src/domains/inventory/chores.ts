// What the calendar ends: lots past their date and promises that were given until a time. Reserving notices it by itself where it
// matters; the chore keeps the figures right that nobody happens to ask for.
import type { SiteId } from '../../kernel/ids.ts'
import * as column from '../../platform/db/row.ts'
import { write } from '../../platform/db/statement.ts'
import type { Chore } from '../../platform/jobs/worker.ts'

const EVERY_MS = 60_000

/** In the order of the sites, as every change of levels goes. */
const expireDue = write('inventory:write', `
  select s.id as site_id, bss.expire_due($1, s.id) as lots from (select id from bss.site where organization_id = $1 order by id) s`, { siteId: column.id<SiteId>(), lots: column.int })

export const inventoryChores: readonly Chore[] = [
  {
    name: 'inventory.expire', everyMs: EVERY_MS,
    run: async (tx) => {
      for (const { siteId, lots } of await tx.rows(expireDue)) if (lots > 0) tx.changed({ entity: 'site', id: siteId, action: 'lotsExpired', after: { lots } })
    },
  },
]
