// The data of a run, made by SQL and the same in every run: organizations that all use the same ids inside their own walls, so that a
// statement which forgot its organization would be seen at once in the sums.
import { newKey, keyDigest } from '../../src/platform/crypto/keys.ts'
import { sql } from '../setup/sql.ts'

export interface Size {
  readonly organizations: number
  readonly skus: number
  readonly customers: number
  /** Units of each item; without it more than any run can take, so that what is measured is the work and not the shortage. */
  readonly onHand?: number
}

const hex = (value: number): string => value.toString(16).padStart(12, '0')
const PREFIX = { organization: '01930000-0000-7000-8000-', item: '01930000-0000-7000-8001-', site: '01930000-0000-7000-8002-', customer: '01930000-0000-7000-8003-' } as const
export type Kind = keyof typeof PREFIX
/** The id of the nth (from 1) thing of its kind. */
export const idAt = (kind: Kind, n: number): string => PREFIX[kind] + hex(n)
/** The same as SQL, of an integer expression. */
export const idSql = (kind: Kind, expression: string): string => `('${PREFIX[kind]}' || lpad(to_hex(${expression}), 12, '0'))::uuid`

/** One key per organization, by number from 1. */
export type Keys = ReadonlyMap<number, string>

const LOCATION = `'01930000-0000-7000-8004-000000000001'::uuid`
const OUTSIDE = `'01930000-0000-7000-8004-000000000002'::uuid`
const PRICES = `'01930000-0000-7000-8005-000000000001'::uuid`
const ACTOR = `'01930000-0000-7000-8006-000000000001'::uuid`
const RECEIPT = `'01930000-0000-7000-8007-000000000001'::uuid`
const PLENTY = 1_000_000_000

/** Organizations `from` … `to` with master data and stock. Triggers are off while it fills; the sums are checked after every benchmark. */
export async function seed(superuserUrl: string, from: number, to: number, size: Size): Promise<Keys> {
  const keys = new Map(Array.from({ length: to - from + 1 }, (_, index) => [from + index, newKey('live')]))
  const by = `created_by, updated_by`
  const who = `${ACTOR}, ${ACTOR}`
  const org = idSql('organization', 'o')
  const onHand = size.onHand ?? PLENTY
  const everyOrg = `generate_series(${from}, ${to}) o`
  const everyItem = `${everyOrg}, generate_series(1, ${size.skus}) i`
  await sql(superuserUrl, [
    'set session_replication_role = replica',
    `insert into bss.organization (organization_id, slug, name, status, region, plan, ${by}) select ${org}, 'bench-' || o, 'Bench ' || o, 'active', 'eu', 'enterprise', ${who} from ${everyOrg}`,
    `insert into bss.organization_limit (organization_id, requests_per_second, burst, concurrent_requests, ${by}) select ${org}, 100000, 200000, 10000, ${who} from ${everyOrg}`,
    `insert into bss.service_account (organization_id, id, name, ${by}) select ${org}, ${ACTOR}, 'bench', ${who} from ${everyOrg}`,
    `insert into bss.role_assignment (organization_id, id, service_account_id, role, ${by}) select ${org}, ${ACTOR}, ${ACTOR}, 'integration', ${who} from ${everyOrg}`,
    `insert into bss.site (organization_id, id, code, name, time_zone, currency, ${by}) select ${org}, ${idSql('site', '1')}, 'MAIN', 'Main', 'Europe/Berlin', 'EUR', ${who} from ${everyOrg}`,
    `insert into bss.location (organization_id, id, site_id, code, kind, virtual_role, ${by})
      select ${org}, l.id, ${idSql('site', '1')}, l.code, l.kind, l.role, ${who} from ${everyOrg}, (values (${LOCATION}, 'A1', 'pick', null), (${OUTSIDE}, '~outside', 'virtual', 'outside')) l(id, code, kind, role)`,
    `insert into bss.item (organization_id, id, sku, name, base_unit, ${by}) select ${org}, ${idSql('item', 'i')}, 'SKU-' || i, 'Item ' || i, 'EA', ${who} from ${everyItem}`,
    `insert into bss.stock_level (organization_id, site_id, item_id, on_hand) select ${org}, ${idSql('site', '1')}, ${idSql('item', 'i')}, ${onHand} from ${everyItem}`,
    `insert into bss.stock_balance (organization_id, item_id, location_id, site_id, is_virtual, on_hand)
      select ${org}, ${idSql('item', 'i')}, l.id, ${idSql('site', '1')}, l.is_virtual, l.quantity from ${everyItem}, (values (${LOCATION}, false, ${onHand}), (${OUTSIDE}, true, -${onHand})) l(id, is_virtual, quantity)`,
    `insert into bss.stock_move (organization_id, id, item_id, from_location_id, to_location_id, quantity, reason, document_kind, document_id, document_line_id, posting_key, posting_line, occurred_at, recorded_by)
      select ${org}, ${idSql('item', 'i')}, ${idSql('item', 'i')}, ${OUTSIDE}, ${LOCATION}, ${onHand}, 'opening', 'receipt', ${RECEIPT}, ${RECEIPT}, 'opening', i, now(), ${ACTOR} from ${everyItem}`,
    `insert into bss.price_list (organization_id, id, code, name, currency, is_default, ${by}) select ${org}, ${PRICES}, 'LIST', 'List', 'EUR', true, ${who} from ${everyOrg}`,
    `insert into bss.price (organization_id, id, price_list_id, item_id, currency, unit_price, valid_from, ${by}) select ${org}, ${idSql('item', 'i')}, ${PRICES}, ${idSql('item', 'i')}, 'EUR', 1 + i % 97, '2020-01-01', ${who} from ${everyItem}`,
    `insert into bss.party (organization_id, id, code, name, ${by}) select ${org}, ${idSql('customer', 'c')}, 'C' || c, 'Customer ' || c, ${who} from ${everyOrg}, generate_series(1, ${size.customers}) c`,
  ])
  await sql(
    superuserUrl,
    `insert into bss.api_key (organization_id, id, service_account_id, name, kind, prefix, digest, expires_at, ${by})
      select ${org}, ${ACTOR}, ${ACTOR}, 'bench', 'live', 'bss_live_', decode(k.digest, 'hex'), now() + interval '30 days', ${who} from unnest($1::int[], $2::text[]) k(o, digest)`,
    [[...keys.keys()], [...keys.values()].map(keyDigest)],
  )
  await sql(superuserUrl, 'vacuum analyze')
  return keys
}
