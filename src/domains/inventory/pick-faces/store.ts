// All SQL about pick faces.
import { newId, type ItemId, type LocationId, type SiteId } from '../../../kernel/ids.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { micros } from '../../../kernel/quantity.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import { listing } from '../listing.ts'
import type { PickFace, PickFaceDraft, PickFaceId } from './contract.ts'

const face = {
  id: column.id<PickFaceId>(), siteId: column.id<SiteId>(), locationId: column.id<LocationId>(), itemId: column.id<ItemId>(), minimum: column.quantity, maximum: column.quantity, createdAt: column.instant,
}
const FACE = 'f.id, f.site_id, f.location_id, f.item_id, f.minimum, f.maximum, f.created_at'
const binOf = read('inventory:read', "select l.site_id, l.kind, l.status, l.capacity from bss.location l where l.organization_id = $1 and l.id = $2 and l.kind <> 'virtual'", {
  siteId: column.id<SiteId>(), kind: column.text, status: column.text, capacity: column.nullable(column.quantity),
})
const set = write('inventory:write', `
  insert into bss.pick_face as f (organization_id, id, site_id, location_id, item_id, minimum, maximum) values ($1, $2, $3, $4, $5, $6::numeric, $7::numeric)
  on conflict (organization_id, location_id) do update set minimum = excluded.minimum, maximum = excluded.maximum where f.item_id = excluded.item_id returning ${FACE}`, face, {
  pick_face_item_unknown: ['invalid', 'There is no such item.', '/itemId'],
})
const remove = write('inventory:write', `delete from bss.pick_face f where f.organization_id = $1 and f.id = $2 returning ${FACE}`, face)

export const listPickFaces = listing('inventory:read', {
  select: `select ${FACE} from bss.pick_face f where f.organization_id = $1`, shape: face,
  filters: { siteId: 'f.site_id = ?::uuid', itemId: 'f.item_id = ?::uuid', locationId: 'f.location_id = ?::uuid' },
  sorts: { created: { sql: 'f.id', type: 'uuid', of: (row) => row.id } },
  tie: { sql: 'f.id', type: 'uuid', of: (row) => row.id },
})

const fault = (pointer: string, code: string, message: string): Problem => new Problem('invalid', message, { errors: [{ pointer, code, message }] })

/** Sets or changes the face at a bin. A bin that is the face of another item is refused. */
export async function setPickFace(tx: Tx<'write', 'inventory:read' | 'inventory:write'>, draft: PickFaceDraft): Promise<PickFace> {
  if (micros(draft.maximum) < micros(draft.minimum)) throw fault('/maximum', 'below_minimum', 'The maximum is below the minimum.')
  const bin = await tx.maybe(binOf, [draft.locationId])
  if (bin === null) throw fault('/locationId', 'unknown_location', 'There is no such location.')
  if (bin.kind !== 'pick' || bin.status !== 'active') throw fault('/locationId', 'not_for_picking', 'A pick face is an active location of kind pick.')
  if (bin.capacity !== null && micros(draft.maximum) > micros(bin.capacity)) throw fault('/maximum', 'over_capacity', `This location holds ${bin.capacity}.`)
  const made = await tx.maybe(set, [newId(), bin.siteId, draft.locationId, draft.itemId, draft.minimum, draft.maximum])
  if (made === null) throw new Problem('conflict', 'This location is the pick face of another item.', { errors: [{ pointer: '/locationId', code: 'other_item', message: 'Delete that pick face first.' }] })
  tx.changed({ entity: 'pick_face', id: made.id, action: 'set', after: draft })
  return made
}

export async function deletePickFace(tx: Tx<'write', 'inventory:read' | 'inventory:write'>, id: PickFaceId): Promise<PickFace> {
  const gone = await tx.maybe(remove, [id])
  if (gone === null) throw notFound('pick face')
  tx.changed({ entity: 'pick_face', id, action: 'deleted', before: gone })
  return gone
}
