// All SQL about suppliers and what was agreed with them.
import { newId, type SupplierId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { listing } from '../listing.ts'
import type { Supplier, SupplierDraft, SupplierTerms } from './contract.ts'

const supplier = {
  id: column.id<SupplierId>(), code: column.text, name: column.text, status: column.oneOf(['active', 'inactive'] as const), overPercent: column.quantity, underPercent: column.quantity, minRemainingDays: column.nullable(column.int),
}
const SUPPLIER = `p.id, p.code, p.name, p.status, coalesce(t.over_percent, 0) as over_percent, coalesce(t.under_percent, 0) as under_percent, t.min_remaining_days
    from bss.party p left join bss.supplier_terms t on t.organization_id = $1 and t.supplier_id = p.id where p.organization_id = $1 and p.kind = 'supplier'`
const byId = read('purchasing:read', `select ${SUPPLIER} and p.id = $2`, supplier)
const insert = write('purchasing:write', "insert into bss.party (organization_id, id, kind, code, name) values ($1, $2, 'supplier', $3, $4)", {}, {
  party_code_unique: ['conflict', 'There is a supplier of this code already.', '/code'],
})
const setTerms = write('purchasing:write', `
  insert into bss.supplier_terms (organization_id, id, supplier_id, over_percent, under_percent, min_remaining_days) values ($1, $2, $3, $4::numeric, $5::numeric, $6::int)
  on conflict (organization_id, supplier_id) do update set over_percent = excluded.over_percent, under_percent = excluded.under_percent, min_remaining_days = excluded.min_remaining_days`, {})

export const listSuppliers = listing('purchasing:read', {
  select: `select ${SUPPLIER}`, shape: supplier, filters: { code: 'p.code = ?' },
  sorts: { code: { sql: 'p.code', type: 'text', of: (row) => row.code } },
  tie: { sql: 'p.id', type: 'uuid', of: (row) => row.id },
})
export const getSupplier = (tx: Tx<'read', 'purchasing:read'>, id: SupplierId): Promise<Supplier> => tx.one('supplier', byId, [id])

export async function createSupplier(tx: Tx<'write', 'purchasing:read' | 'purchasing:write'>, draft: SupplierDraft): Promise<Supplier> {
  const id: SupplierId = newId()
  await tx.rows(insert, [id, draft.code, draft.name])
  await tx.rows(setTerms, [newId(), id, draft.overPercent ?? '0', draft.underPercent ?? '0', draft.minRemainingDays ?? null])
  tx.changed({ entity: 'supplier', id, action: 'created', after: draft })
  return getSupplier(tx, id)
}
export async function setSupplierTerms(tx: Tx<'write', 'purchasing:read' | 'purchasing:write'>, id: SupplierId, terms: SupplierTerms): Promise<Supplier> {
  const before = await getSupplier(tx, id)
  await tx.rows(setTerms, [newId(), id, terms.overPercent, terms.underPercent, terms.minRemainingDays])
  tx.changed({ entity: 'supplier', id, action: 'terms', before, after: terms })
  return getSupplier(tx, id)
}
