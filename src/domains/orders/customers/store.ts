import { newId, type PartyId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import * as column from '../../../platform/db/row.ts'
import { read, write, type Refusals } from '../../../platform/db/statement.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Numbered } from '../../../platform/http/batches.ts'
import { LINE_OUTCOMES, type LineResult } from '../document/contract.ts'
import { CONTACT_PURPOSES, type Contact, type Customer, type CustomerLine, type CustomerPatch, type NewContact, type NewCustomer, PARTY_STATUSES, type PartyContactId, type PriceListId } from './contract.ts'

type Writing = Tx<'write', 'customers:read' | 'customers:write'>
const COLUMNS = 'p.id, p.code, p.name, p.gln, p.country, p.price_list_id, p.status, p.external_source, p.external_ref, p.created_at, p.updated_at, p.row_version'
const shape = {
  id: column.id<PartyId>(), code: column.text, name: column.text, gln: column.nullable(column.text), country: column.nullable(column.text), priceListId: column.nullable(column.id<PriceListId>()),
  status: column.oneOf(PARTY_STATUSES), externalSource: column.nullable(column.text), externalRef: column.nullable(column.text), createdAt: column.instant, updatedAt: column.instant, rowVersion: column.int,
} as const satisfies Readonly<Record<keyof Customer, column.Column<unknown>>>
const REFUSALS: Refusals = {
  party_code_unique: ['conflict', 'There is a customer of this code already.', '/code'],
  party_external_unique: ['conflict', 'This customer of the other system is here already.', '/external/ref'],
  party_price_list_exists: ['invalid', 'There is no such price list.', '/priceListId'],
}

const insert = write('customers:write', `insert into bss.party as p (organization_id, id, code, name, gln, country, price_list_id, external_source, external_ref) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${COLUMNS}`, shape, REFUSALS)
export const customerById = read('customers:read', `select ${COLUMNS} from bss.party p where p.organization_id = $1 and p.id = $2 and p.kind = 'customer'`, shape)
/** By code; `$4` and `$5` bound the codes, so that a prefix is a range of the index. */
export const customerPage = read(
  'customers:read',
  `select ${COLUMNS} from bss.party p where p.organization_id = $1 and p.kind = 'customer' and p.code > $2 and p.code >= $3 and p.code <= $4 and ($5::text is null or p.status = $5) order by p.code limit $6::int`,
  shape,
)
const lock = write('customers:write', `select ${COLUMNS} from bss.party p where p.organization_id = $1 and p.id = $2 and p.kind = 'customer' for no key update`, shape)
const update = write('customers:write', `update bss.party p set name = $3, gln = $4, country = $5, price_list_id = $6, status = $7 where p.organization_id = $1 and p.id = $2 returning ${COLUMNS}`, shape, REFUSALS)

export async function createCustomer(tx: Writing, draft: NewCustomer): Promise<Customer> {
  const id = newId<'Party'>()
  const customer = await tx.one('customer', insert, [id, draft.code, draft.name, draft.gln ?? null, draft.country ?? null, draft.priceListId ?? null, draft.external?.source ?? null, draft.external?.ref ?? null])
  tx.changed({ entity: 'customer', id, action: 'created', after: { code: draft.code } })
  return customer
}
export async function updateCustomer(tx: Writing, id: PartyId, expectedVersion: number, patch: CustomerPatch): Promise<Customer> {
  const before = await tx.one('customer', lock, [id])
  if (before.rowVersion !== expectedVersion) throw new Problem('stale', 'The customer has changed since you read it.')
  const next = { ...before, ...patch }
  const customer = await tx.one('customer', update, [id, next.name, next.gln, next.country, next.priceListId, next.status])
  tx.changed({ entity: 'customer', id, action: 'updated', after: patch })
  return customer
}

const upsert = write(
  'customers:write',
  `with incoming as materialized (
     select u.* from unnest($2::int[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[]) u(line, id, code, name, gln, country, status, source, ref)
   ), judged as materialized (
     select n.*, known.id as known_id, other.id is not null as is_taken from incoming n
       left join bss.party known on known.organization_id = $1 and known.kind = 'customer' and known.code = n.code
       left join bss.party other on other.organization_id = $1 and other.external_source = n.source and other.external_ref = n.ref and other.id is distinct from known.id
   ), stored as (
     insert into bss.party as p (organization_id, id, code, name, gln, country, status, external_source, external_ref)
     select $1, n.id, n.code, n.name, n.gln, n.country, coalesce(n.status, 'active'), n.source, n.ref from judged n where n.known_id is null and not n.is_taken order by n.code
     on conflict do nothing returning p.id, p.code
   ), changed as (
     update bss.party p set name = n.name, gln = coalesce(n.gln, p.gln), country = coalesce(n.country, p.country), status = coalesce(n.status, p.status),
            external_source = coalesce(n.source, p.external_source), external_ref = coalesce(n.ref, p.external_ref)
       from judged n where p.organization_id = $1 and p.id = n.known_id and not n.is_taken
        and (p.name, p.gln, p.country, p.status, p.external_source, p.external_ref) is distinct from
            (n.name, coalesce(n.gln, p.gln), coalesce(n.country, p.country), coalesce(n.status, p.status), coalesce(n.source, p.external_source), coalesce(n.ref, p.external_ref))
     returning p.id
   )
   select n.line, coalesce(s.id, n.known_id) as id, n.is_taken,
          case when n.is_taken or (n.known_id is null and s.id is null) then 'refused' when s.id is not null then 'created' when c.id is not null then 'updated' else 'unchanged' end as outcome
     from judged n left join stored s on s.code = n.code left join changed c on c.id = n.known_id`,
  { line: column.int, id: column.nullable(column.id<PartyId>()), isTaken: column.bool, outcome: column.oneOf(LINE_OUTCOMES) },
)
export async function upsertCustomers(tx: Writing, batch: readonly Numbered<CustomerLine>[]): Promise<ReadonlyMap<number, LineResult>> {
  const of = (pick: (value: CustomerLine) => string | undefined): (string | null)[] => batch.map(({ value }) => pick(value) ?? null)
  const rows = await tx.rows(upsert, [
    batch.map(({ line }) => line), batch.map(() => newId()), of((v) => v.code), of((v) => v.name), of((v) => v.gln), of((v) => v.country), of((v) => v.status), of((v) => v.external?.source), of((v) => v.external?.ref),
  ])
  const answers = new Map<number, LineResult>()
  for (const { line, id, isTaken, outcome } of rows) {
    if (outcome === 'refused') {
      answers.set(line, isTaken
        ? { line, outcome, code: 'external_taken', pointer: '/external/ref', message: 'Another customer has this external reference already.' }
        : { line, outcome, code: 'raced', pointer: '/code', message: 'Somebody else created this customer at the same moment. Send the line again.' })
      continue
    }
    answers.set(line, { line, outcome, ...(id === null ? {} : { id }) })
    if (outcome !== 'unchanged' && id !== null) tx.changed({ entity: 'customer', id, action: outcome })
  }
  return answers
}

const contactShape = { id: column.id<PartyContactId>(), name: column.text, email: column.nullable(column.text), phone: column.nullable(column.text), purpose: column.oneOf(CONTACT_PURPOSES) } as const satisfies Readonly<Record<keyof Contact, column.Column<unknown>>>
const insertContact = write(
  'customers:write',
  `insert into bss.party_contact as c (organization_id, id, party_id, name, email, phone, purpose) values ($1, $2, $3, $4, $5, $6, $7) returning c.id, c.name, c.email, c.phone, c.purpose`,
  contactShape,
)
export const contactsOf = read('customers:read', 'select c.id, c.name, c.email, c.phone, c.purpose from bss.party_contact c where c.organization_id = $1 and c.party_id = $2 order by c.id limit 1000', contactShape)
const deleteContact = write('customers:write', 'delete from bss.party_contact c where c.organization_id = $1 and c.party_id = $2 and c.id = $3 returning c.id, c.name, c.email, c.phone, c.purpose', contactShape)

export async function addContact(tx: Writing, customerId: PartyId, contact: NewContact): Promise<Contact> {
  await tx.one('customer', customerById, [customerId])
  const id = newId<'PartyContact'>()
  const added = await tx.one('contact', insertContact, [id, customerId, contact.name, contact.email ?? null, contact.phone ?? null, contact.purpose ?? 'general'])
  // The audit names the contact and not the person: what is erased here must not live on there.
  tx.changed({ entity: 'customer', id: customerId, action: 'contact_added', after: { contactId: id } })
  return added
}
export async function removeContact(tx: Writing, customerId: PartyId, contactId: PartyContactId): Promise<Contact> {
  const removed = await tx.one('contact', deleteContact, [customerId, contactId])
  tx.changed({ entity: 'customer', id: customerId, action: 'contact_removed', after: { contactId } })
  return removed
}
