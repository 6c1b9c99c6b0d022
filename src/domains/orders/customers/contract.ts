// Customers: who buys. People are kept apart from companies, in contacts, so that what is about people can be erased.
import Type from 'typebox'
import { defineApi } from '../../../kernel/contract.ts'
import { type Id, idSchema, type PartyId } from '../../../kernel/ids.ts'
import { pageOf, PageQuery } from '../../../kernel/page.ts'
import { External, LineResult, nullable, Text } from '../document/contract.ts'
import { closed } from '../../../kernel/schema.ts'

export type PriceListId = Id<'PriceList'>
export type PartyContactId = Id<'PartyContact'>

export const PARTY_STATUSES = ['active', 'inactive'] as const
const Status = Type.Unsafe<(typeof PARTY_STATUSES)[number]>({ type: 'string', enum: [...PARTY_STATUSES] })
const Country = Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' })
const Gln = Type.String({ pattern: '^[0-9]{13}$', description: 'Global Location Number with its check digit' })
const Code = Text(60)

export const Customer = Type.Object(
  {
    id: idSchema<PartyId>(), code: Type.String(), name: Type.String(), gln: nullable(Type.String()), country: nullable(Type.String()), priceListId: nullable(idSchema<PriceListId>()), status: Status,
    externalSource: nullable(Type.String()), externalRef: nullable(Type.String()), createdAt: Type.String(), updatedAt: Type.String(), rowVersion: Type.Integer(),
  },
  closed,
)
export type Customer = Type.Static<typeof Customer>

const optional = { gln: Type.Optional(Gln), country: Type.Optional(Country) } as const
export const NewCustomer = Type.Object({ code: Code, name: Text(200), ...optional, priceListId: Type.Optional(idSchema<PriceListId>()), external: Type.Optional(External) }, closed)
export type NewCustomer = Type.Static<typeof NewCustomer>
export const CustomerPatch = Type.Object(
  { name: Type.Optional(Text(200)), gln: Type.Optional(nullable(Gln)), country: Type.Optional(nullable(Country)), priceListId: Type.Optional(nullable(idSchema<PriceListId>())), status: Type.Optional(Status) },
  { ...closed, minProperties: 1 },
)
export type CustomerPatch = Type.Static<typeof CustomerPatch>
/** One line of the bulk: known by its code. What is left out keeps its value. */
export const CustomerLine = Type.Object({ code: Code, name: Text(200), ...optional, status: Type.Optional(Status), external: Type.Optional(External) }, closed)
export type CustomerLine = Type.Static<typeof CustomerLine>

export const CONTACT_PURPOSES = ['general', 'orders', 'delivery', 'invoices'] as const
const Purpose = Type.Unsafe<(typeof CONTACT_PURPOSES)[number]>({ type: 'string', enum: [...CONTACT_PURPOSES] })
/** Who may not see personal data sees that there is somebody, and for what. */
export const Contact = Type.Object({ id: idSchema<PartyContactId>(), name: nullable(Type.String()), email: nullable(Type.String()), phone: nullable(Type.String()), purpose: Purpose }, closed)
export type Contact = Type.Static<typeof Contact>
export const NewContact = Type.Object({ name: Text(200), email: Type.Optional(Type.String({ maxLength: 320, pattern: '^[^@\\s]+@[^@\\s]+$' })), phone: Type.Optional(Text(60)), purpose: Type.Optional(Purpose) }, closed)
export type NewContact = Type.Static<typeof NewContact>

const CustomerPath = Type.Object({ customerId: idSchema<PartyId>() }, closed)
const WRITES = ['customers:read', 'customers:write'] as const

export const customersApi = defineApi({
  createCustomer: { method: 'POST', path: '/api/v1/customers', needs: WRITES, summary: 'Create a customer', body: NewCustomer, status: 201, returns: Customer, fails: ['conflict', 'invalid'], example: { code: 'C-1001', name: 'Harbour Pumps Ltd', country: 'GB' } },
  listCustomers: {
    method: 'GET', path: '/api/v1/customers', needs: 'customers:read', summary: 'Find customers', status: 200, returns: pageOf(Customer), fails: [],
    query: Type.Object({ ...PageQuery, 'filter[status]': Type.Optional(Status), q: Type.Optional(Type.String({ minLength: 1, maxLength: 60, description: 'Beginning of the code' })) }, closed),
  },
  getCustomer: { method: 'GET', path: '/api/v1/customers/{customerId}', needs: 'customers:read', summary: 'A customer', params: CustomerPath, status: 200, returns: Customer, fails: ['not_found'] },
  updateCustomer: {
    method: 'PATCH', path: '/api/v1/customers/{customerId}', needs: WRITES, summary: 'Change a customer, or make it inactive', params: CustomerPath, body: CustomerPatch, ifMatch: true,
    status: 200, returns: Customer, fails: ['not_found', 'stale', 'invalid', 'precondition_required'], example: { status: 'inactive' },
  },
  upsertCustomers: { method: 'POST', path: '/api/v1/customers/bulk', needs: WRITES, summary: 'Create or update many customers, one per line, by their code', body: CustomerLine, lines: true, status: 200, returns: LineResult, fails: [], example: { code: 'C-1001', name: 'Harbour Pumps Ltd' } },
  addCustomerContact: {
    method: 'POST', path: '/api/v1/customers/{customerId}/contacts', needs: WRITES, summary: 'Add a person to a customer', params: CustomerPath, body: NewContact, status: 201, returns: Contact,
    fails: ['not_found', 'conflict'], example: { name: 'Ines Moreau', email: 'ines@harbour-pumps.example', purpose: 'orders' },
  },
  listCustomerContacts: { method: 'GET', path: '/api/v1/customers/{customerId}/contacts', needs: 'customers:read', summary: 'The people of a customer', params: CustomerPath, status: 200, returns: Type.Object({ items: Type.Array(Contact) }, closed), fails: ['not_found'] },
  removeCustomerContact: {
    method: 'POST', path: '/api/v1/customers/{customerId}/contacts/{contactId}/remove', needs: WRITES, summary: 'Erase a person from a customer',
    params: Type.Object({ customerId: idSchema<PartyId>(), contactId: idSchema<PartyContactId>() }, closed), status: 200, returns: Contact, fails: ['not_found'],
  },
})
