// Up to which worth a difference does not matter at a site. Whoever counts or approves is not told: only whether a difference is tolerated.
import { newId, type SiteId } from '../../../kernel/ids.ts'
import { minorUnits, moneyOf, type Currency, type Money } from '../../../kernel/money.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { CountTolerance } from './contract.ts'

const bySite = read('cost:read', 'select s.id as site_id, t.worth, t.currency from bss.site s left join bss.count_tolerance t on t.organization_id = $1 and t.site_id = s.id where s.organization_id = $1 and s.id = $2', {
  siteId: column.id<SiteId>(), worth: column.nullable(column.decimal(4)), currency: column.nullable(column.currency),
})
const set = write('cost:write', `
  insert into bss.count_tolerance (organization_id, id, site_id, worth, currency) select $1, $3, s.id, $4::numeric, $5 from bss.site s where s.organization_id = $1 and s.id = $2
  on conflict (organization_id, site_id) do update set worth = excluded.worth, currency = excluded.currency`, {})

const moneyIn = (amount: string, currency: Currency): Money => moneyOf(minorUnits({ amount, currency }) ?? 0n, currency)

export async function getCountTolerance(tx: Tx<'read', 'cost:read'>, siteId: SiteId): Promise<CountTolerance> {
  const { worth, currency } = await tx.one('site', bySite, [siteId])
  return { siteId, worth: worth === null || currency === null ? null : moneyIn(worth, currency) }
}

/** The audit says that it was set, and not to what: more people read the audit than may see costs. */
export async function setCountTolerance(tx: Tx<'write', 'cost:read' | 'cost:write'>, siteId: SiteId, worth: Money | null): Promise<CountTolerance> {
  if (worth !== null && (minorUnits(worth) ?? -1n) < 0n) {
    throw new Problem('invalid', 'This is no amount for a tolerance.', { errors: [{ pointer: '/worth/amount', code: 'amount', message: `Must be zero or more, with no more decimal places than ${worth.currency} has.` }] })
  }
  await getCountTolerance(tx, siteId)
  await tx.rows(set, [siteId, newId(), worth?.amount ?? null, worth?.currency ?? null])
  tx.changed({ entity: 'count_tolerance', id: siteId, action: 'set' })
  return getCountTolerance(tx, siteId)
}
