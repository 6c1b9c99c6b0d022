// What items cost. A table of its own under a permission of its own: who may not see costs has no statement that reads them.
import { newId, type ItemId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { listing } from '../listing.ts'
import type { ItemCost, ItemCostDraft, ItemCostId } from './contract.ts'

const cost = { id: column.id<ItemCostId>(), itemId: column.id<ItemId>(), effectiveOn: column.date, unitCost: column.decimal(10), currency: column.currency, rowVersion: column.int }
const COST = 'c.id, c.item_id, c.effective_on, c.unit_cost, c.currency, c.row_version'
const set = write('cost:write', `
  insert into bss.item_cost as c (organization_id, id, item_id, effective_on, unit_cost, currency) values ($1, $2, $3, $4, $5, $6)
  on conflict (organization_id, item_id, effective_on) do update set unit_cost = excluded.unit_cost, currency = excluded.currency returning ${COST}`, cost,
{ item_cost_item_unknown: ['not_found', 'There is no such item.', ''] })

export const listItemCosts = listing('cost:read', {
  select: `select ${COST} from bss.item_cost c where c.organization_id = $1`, shape: cost, filters: { itemId: 'c.item_id = ?' },
  sorts: { effectiveOn: { sql: 'c.effective_on', type: 'date', of: (row) => row.effectiveOn } },
  tie: { sql: 'c.id', type: 'uuid', of: (row) => row.id },
})

export async function setItemCost(tx: Tx<'write', 'cost:read' | 'cost:write'>, itemId: ItemId, draft: ItemCostDraft): Promise<ItemCost> {
  try {
    const made = await tx.one('item', set, [newId(), itemId, draft.effectiveOn, draft.unitCost, draft.currency])
    tx.changed({ entity: 'item_cost', id: made.id, action: 'set', after: { itemId, effectiveOn: made.effectiveOn } })
    return made
  } catch (error) {
    // The foreign key tells a missing item; its answer must be the one that every missing thing gets.
    throw error instanceof Problem && error.code === 'not_found' ? notFound('item') : error
  }
}
