// Many items at once: one statement per batch decides for each line whether it is new, changed, the same or refused.
import { newId, type ItemId } from '../../../kernel/ids.ts'
import * as column from '../../../platform/db/row.ts'
import { write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Numbered } from '../bulk.ts'
import { LINE_OUTCOMES, type ItemLine, type ItemLineResult } from './contract.ts'

/** What a line leaves out keeps its value; the unit and the tracking of an item with stock behind it are not changed by a bulk. */
const upsert = write('inventory:write', `
  with incoming as materialized (
    select u.* from unnest($2::int[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[], $10::text[], $11::bool[], $12::text[], $13::int[], $14::int[], $15::int[], $16::int[], $17::text[], $18::text[], $19::text[])
      as u (line, id, sku, name, gtin, base_unit, tracking, shelf_life_days, storage_class, is_hazardous, abc, weight_grams, length_mm, width_mm, height_mm, status, external_source, external_ref)
  ), judged as materialized (
    select n.*, known.id as known_id,
           case when other.id is not null then 'external_taken'
                when known.id is not null and n.base_unit <> known.base_unit then 'base_unit'
                when known.id is not null and n.tracking is not null and n.tracking <> known.tracking then 'tracking' end as fault
      from incoming n
      left join bss.item known on known.organization_id = $1 and known.sku = n.sku
      left join bss.item other on other.organization_id = $1 and other.external_source = n.external_source and other.external_ref = n.external_ref and other.sku <> n.sku
  ), stored as (
    insert into bss.item as i (organization_id, id, sku, name, gtin, base_unit, tracking, shelf_life_days, storage_class, is_hazardous, abc, weight_grams, length_mm, width_mm, height_mm, status, external_source, external_ref)
    select $1, n.id, n.sku, n.name, n.gtin, n.base_unit, coalesce(n.tracking, 'none'), n.shelf_life_days, n.storage_class, coalesce(n.is_hazardous, false), n.abc, n.weight_grams, n.length_mm, n.width_mm, n.height_mm,
           coalesce(n.status, 'active'), n.external_source, n.external_ref
      from judged n
     where n.known_id is null and n.fault is null order by n.sku
    on conflict do nothing
    returning i.id, i.sku
  ), changed as (
    update bss.item i
       set name = n.name, gtin = coalesce(n.gtin, i.gtin), shelf_life_days = coalesce(n.shelf_life_days, i.shelf_life_days), storage_class = coalesce(n.storage_class, i.storage_class),
           is_hazardous = coalesce(n.is_hazardous, i.is_hazardous), abc = coalesce(n.abc, i.abc), weight_grams = coalesce(n.weight_grams, i.weight_grams), length_mm = coalesce(n.length_mm, i.length_mm),
           width_mm = coalesce(n.width_mm, i.width_mm), height_mm = coalesce(n.height_mm, i.height_mm), status = coalesce(n.status, i.status),
           external_source = coalesce(n.external_source, i.external_source), external_ref = coalesce(n.external_ref, i.external_ref)
      from judged n
     where i.organization_id = $1 and i.id = n.known_id and n.fault is null
       and (i.name, i.gtin, i.shelf_life_days, i.storage_class, i.is_hazardous, i.abc, i.weight_grams, i.length_mm, i.width_mm, i.height_mm, i.status, i.external_source, i.external_ref) is distinct from
           (n.name, coalesce(n.gtin, i.gtin), coalesce(n.shelf_life_days, i.shelf_life_days), coalesce(n.storage_class, i.storage_class), coalesce(n.is_hazardous, i.is_hazardous), coalesce(n.abc, i.abc),
            coalesce(n.weight_grams, i.weight_grams), coalesce(n.length_mm, i.length_mm), coalesce(n.width_mm, i.width_mm), coalesce(n.height_mm, i.height_mm), coalesce(n.status, i.status),
            coalesce(n.external_source, i.external_source), coalesce(n.external_ref, i.external_ref))
    returning i.id
  )
  select n.line, coalesce(s.id, n.known_id) as id,
         case when n.fault is not null or (n.known_id is null and s.id is null) then 'refused' when s.id is not null then 'created' when c.id is not null then 'updated' else 'unchanged' end as outcome,
         coalesce(n.fault, case when n.known_id is null and s.id is null then 'raced' end) as fault
    from judged n left join stored s on s.sku = n.sku left join changed c on c.id = n.known_id`,
{ line: column.int, id: column.nullable(column.id<ItemId>()), outcome: column.oneOf(LINE_OUTCOMES), fault: column.nullable(column.text) })

const FAULTS: Readonly<Record<string, readonly [pointer: string, message: string]>> = {
  external_taken: ['/external/ref', 'Another item has this external reference already.'],
  base_unit: ['/baseUnit', 'The base unit of an item cannot be changed.'],
  tracking: ['/tracking', 'How an item is tracked cannot be changed.'],
  raced: ['/sku', 'Somebody else created this item at the same moment. Send the line again.'],
}

export async function upsertItems(tx: Tx<'write', 'inventory:read' | 'inventory:write'>, batch: readonly Numbered<ItemLine>[]): Promise<ReadonlyMap<number, ItemLineResult>> {
  const of = <V extends string | number | boolean>(pick: (value: ItemLine) => V | undefined): (V | null)[] => batch.map(({ value }) => pick(value) ?? null)
  const rows = await tx.rows(upsert, [
    batch.map(({ line }) => line), batch.map(() => newId()), of((v) => v.sku), of((v) => v.name), of((v) => v.gtin), of((v) => v.baseUnit), of((v) => v.tracking), of((v) => v.shelfLifeDays),
    of((v) => v.storageClass), of((v) => v.isHazardous), of((v) => v.abc), of((v) => v.weightGrams), of((v) => v.lengthMm), of((v) => v.widthMm), of((v) => v.heightMm), of((v) => v.status),
    of((v) => v.external?.source), of((v) => v.external?.ref),
  ])
  const answers = new Map<number, ItemLineResult>()
  for (const { line, id, outcome, fault } of rows) {
    const [pointer, message] = FAULTS[fault ?? ''] ?? ['', '']
    if (outcome === 'refused') answers.set(line, { line, outcome, code: fault ?? 'refused', pointer, message })
    else {
      answers.set(line, { line, outcome, ...(id === null ? {} : { id }) })
      if (outcome !== 'unchanged' && id !== null) tx.changed({ entity: 'item', id, action: outcome })
    }
  }
  return answers
}
