import { newId, type ItemId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write, type Refusals } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Numbered } from '../../../platform/http/batches.ts'
import type { PriceListId } from '../customers/contract.ts'
import { LINE_OUTCOMES, type LineResult } from '../document/contract.ts'
import type { NewPrice, NewPriceList, Price, PriceId, PriceLine, PriceList } from './contract.ts'

type Writing = Tx<'write', 'price:read' | 'price:write'>
const LIST = 'l.id, l.code, l.name, l.currency, l.is_default, l.row_version'
const listShape = { id: column.id<PriceListId>(), code: column.text, name: column.text, currency: column.currency, isDefault: column.bool, rowVersion: column.int } as const satisfies Readonly<Record<keyof PriceList, column.Column<unknown>>>
const insertList = write('price:write', `insert into bss.price_list as l (organization_id, id, code, name, currency, is_default) values ($1, $2, $3, $4, $5, $6) returning ${LIST}`, listShape, {
  price_list_code_unique: ['conflict', 'There is a price list of this code already.', '/code'],
})
export const allLists = read('price:read', `select ${LIST} from bss.price_list l where l.organization_id = $1 order by l.code limit 1000`, listShape)
const lockList = write('price:write', `select ${LIST} from bss.price_list l where l.organization_id = $1 and l.id = $2 for no key update`, listShape)
const clearDefault = write('price:write', 'update bss.price_list l set is_default = false where l.organization_id = $1 and l.is_default', {})
const updateList = write('price:write', `update bss.price_list l set name = $3, is_default = $4 where l.organization_id = $1 and l.id = $2 returning ${LIST}`, listShape)
export const listById = read('price:read', `select ${LIST} from bss.price_list l where l.organization_id = $1 and l.id = $2`, listShape)

export async function createList(tx: Writing, draft: NewPriceList): Promise<PriceList> {
  if (draft.isDefault === true) await tx.rows(clearDefault)
  const id = newId<'PriceList'>()
  const list = await tx.one('price list', insertList, [id, draft.code, draft.name, draft.currency, draft.isDefault ?? false])
  tx.changed({ entity: 'price_list', id, action: 'created', after: { code: draft.code } })
  return list
}
export async function changeList(tx: Writing, id: PriceListId, expectedVersion: number, patch: { name?: string; isDefault?: boolean }): Promise<PriceList> {
  const before = await tx.one('price list', lockList, [id])
  if (before.rowVersion !== expectedVersion) throw new Problem('stale', 'The price list has changed since you read it.')
  if (patch.isDefault === true && !before.isDefault) await tx.rows(clearDefault)
  const list = await tx.one('price list', updateList, [id, patch.name ?? before.name, patch.isDefault ?? before.isDefault])
  tx.changed({ entity: 'price_list', id, action: 'updated', after: patch })
  return list
}

const priceShape = {
  id: column.id<PriceId>(), priceListId: column.id<PriceListId>(), itemId: column.id<ItemId>(), sku: column.text, unitPrice: column.decimal(10), currency: column.currency, validFrom: column.date,
  validUntil: column.nullable(column.date), rowVersion: column.int,
} as const satisfies Readonly<Record<keyof Price, column.Column<unknown>>>
const PRICE = 'x.id, x.price_list_id, x.item_id, i.sku, x.unit_price, x.currency, x.valid_from, x.valid_until, x.row_version'
const REFUSALS: Refusals = { price_item_exists: ['invalid', 'There is no such item.', '/itemId'], price_check: ['invalid', 'A price ends after it has begun.', '/validUntil'] }
const upsertPrice = write(
  'price:write',
  `insert into bss.price as x (organization_id, id, price_list_id, item_id, currency, unit_price, valid_from, valid_until) values ($1, $2, $3, $4, $5, $6, coalesce($7::date, current_date), $8::date)
   on conflict on constraint price_start_unique do update set unit_price = excluded.unit_price, valid_until = excluded.valid_until returning x.id`,
  { id: column.id<PriceId>() }, REFUSALS,
)
const priceById = read('price:read', `select ${PRICE} from bss.price x join bss.item i on i.organization_id = $1 and i.id = x.item_id where x.organization_id = $1 and x.id = $2`, priceShape)
/** The page after (item, date): dates run backwards within an item. */
export const pricePage = read(
  'price:read',
  `select ${PRICE} from bss.price x join bss.item i on i.organization_id = $1 and i.id = x.item_id
    where x.organization_id = $1 and x.price_list_id = $2 and ($3::uuid is null or x.item_id = $3) and ($4::uuid is null or x.item_id > $4 or (x.item_id = $4 and x.valid_from < $5::date))
    order by x.item_id, x.valid_from desc limit $6::int`,
  priceShape,
)
export async function setPrice(tx: Writing, listId: PriceListId, price: NewPrice): Promise<Price> {
  const list = await tx.one('price list', lockList, [listId])
  if (price.validUntil !== undefined && price.validUntil <= (price.validFrom ?? new Date().toISOString().slice(0, 10))) throw new Problem('invalid', 'A price ends after it has begun.', { errors: [{ pointer: '/validUntil', code: 'order', message: 'Must be later than validFrom.' }] })
  const { id } = await tx.one('price', upsertPrice, [newId<'Price'>(), listId, price.itemId, list.currency, price.unitPrice, price.validFrom ?? null, price.validUntil ?? null])
  tx.changed({ entity: 'price', id, action: 'set' })
  return tx.one('price', priceById, [id])
}

const upsertPrices = write(
  'price:write',
  `with incoming as materialized (
     select u.line, u.id, u.list, u.currency, u.price, u.valid_from, i.id as item_id,
            (select x.unit_price from bss.price x where x.organization_id = $1 and x.price_list_id = u.list and x.item_id = i.id and x.valid_from <= coalesce(u.valid_from, current_date) order by x.valid_from desc limit 1) as present
       from unnest($2::int[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::numeric[], $8::date[]) u(line, id, list, currency, sku, price, valid_from)
       left join bss.item i on i.organization_id = $1 and i.sku = u.sku
   ), stored as (
     insert into bss.price as x (organization_id, id, price_list_id, item_id, currency, unit_price, valid_from)
     select $1, n.id, n.list, n.item_id, n.currency, n.price, coalesce(n.valid_from, current_date) from incoming n
      where n.item_id is not null and n.present is distinct from n.price order by n.item_id
     on conflict on constraint price_start_unique do update set unit_price = excluded.unit_price
     returning x.id, x.price_list_id, x.item_id
   )
   select n.line, s.id, case when n.item_id is null then 'refused' when s.id is null then 'unchanged' when s.id = n.id then 'created' else 'updated' end as outcome
     from incoming n left join stored s on s.item_id = n.item_id and s.price_list_id = n.list`,
  { line: column.int, id: column.nullable(column.id<PriceId>()), outcome: column.oneOf(LINE_OUTCOMES) },
)

/** The lists the lines mean: named, or the default one. Null: there is no such list, or it is in another currency. */
async function listsOf(tx: Writing, batch: readonly Numbered<PriceLine>[]): Promise<(value: PriceLine) => PriceList | 'unknown' | 'currency'> {
  let lists = await tx.rows(allLists)
  const [unnamed] = batch.filter(({ value }) => value.priceListCode === undefined)
  if (unnamed !== undefined && !lists.some((list) => list.isDefault)) {
    await createList(tx, { code: 'STANDARD', name: 'Standard', currency: unnamed.value.currency, isDefault: true })
    lists = await tx.rows(allLists)
  }
  return ({ priceListCode, currency }) => {
    const list = lists.find((each) => (priceListCode === undefined ? each.isDefault : each.code === priceListCode))
    if (list === undefined) return 'unknown'
    return list.currency === currency ? list : 'currency'
  }
}
export async function setPrices(tx: Writing, batch: readonly Numbered<PriceLine>[]): Promise<ReadonlyMap<number, LineResult>> {
  const listOf = await listsOf(tx, batch)
  const answers = new Map<number, LineResult>()
  const valid = batch.flatMap(({ line, value }) => {
    const list = listOf(value)
    if (list === 'unknown') answers.set(line, { line, outcome: 'refused', code: 'unknown_price_list', pointer: '/priceListCode', message: 'There is no such price list.' })
    else if (list === 'currency') answers.set(line, { line, outcome: 'refused', code: 'wrong_currency', pointer: '/currency', message: 'The price list is in another currency.' })
    else return [{ line, value, list }]
    return []
  })
  const rows = await tx.rows(upsertPrices, [
    valid.map(({ line }) => line), valid.map(() => newId<'Price'>()), valid.map(({ list }) => list.id), valid.map(({ value }) => value.currency), valid.map(({ value }) => value.sku),
    valid.map(({ value }) => value.unitPrice), valid.map(({ value }) => value.validFrom ?? null),
  ])
  for (const { line, id, outcome } of rows) {
    answers.set(line, outcome === 'refused' ? { line, outcome, code: 'unknown_item', pointer: '/sku', message: 'There is no such item.' } : { line, outcome, ...(id === null ? {} : { id }) })
    if (outcome !== 'unchanged' && id !== null) tx.changed({ entity: 'price', id, action: outcome })
  }
  return answers
}
