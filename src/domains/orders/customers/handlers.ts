import type { Facts } from '../../../kernel/access.ts'
import type { Handlers } from '../../../kernel/contract.ts'
import { PAGE_LIMIT_DEFAULT, pageFrom, readCursor } from '../../../kernel/page.ts'
import { notFound, Problem, type ProblemError } from '../../../kernel/problem.ts'
import type { Database } from '../../../platform/db/database.ts'
import { query } from '../../../platform/db/read-door.ts'
import { inBatches } from '../../../platform/http/batches.ts'
import type { Contact, CustomerLine, customersApi } from './contract.ts'
import type { LineResult } from '../document/contract.ts'
import { glnFault } from './rules.ts'
import * as store from './store.ts'

function refuse(fault: ProblemError | null): void {
  if (fault !== null) throw new Problem('invalid', fault.message, { errors: [fault] })
}
const BATCH_LINES = 500
/** After every text there is. */
const LAST = '\u{10ffff}'

export const customersHandlers = (database: Database): Handlers<typeof customersApi> => ({
  createCustomer: async ({ ctx, body }) => {
    refuse(glnFault(body.gln))
    return database.write(ctx, (tx) => store.createCustomer(tx, body))
  },
  listCustomers: async ({ ctx, query: input }) => {
    const limit = input.limit ?? PAGE_LIMIT_DEFAULT
    const [after] = input.after === undefined ? [''] : (readCursor(input.after, 1) ?? [])
    if (typeof after !== 'string') throw new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: '/query/after', code: 'cursor', message: 'Must be the nextCursor of the page before.' }] })
    const [rows] = await database.fetch(ctx, query(store.customerPage, [after, input.q ?? '', `${input.q ?? ''}${LAST}`, input['filter[status]'] ?? null, limit + 1]))
    const page = pageFrom(rows, limit, (row) => [row.code])
    return { items: [...page.items], nextCursor: page.nextCursor }
  },
  getCustomer: async ({ ctx, params }) => {
    const [[customer]] = await database.fetch(ctx, query(store.customerById, [params.customerId]))
    if (customer === undefined) throw notFound('customer')
    return customer
  },
  updateCustomer: async ({ ctx, params, body, expectedVersion }) => {
    refuse(glnFault(body.gln))
    return database.write(ctx, (tx) => store.updateCustomer(tx, params.customerId, expectedVersion, body))
  },
  upsertCustomers: ({ ctx, lines }) =>
    inBatches<CustomerLine, LineResult>(lines, {
      nameOf: ({ code }) => code, check: ({ gln }) => glnFault(gln), refuse: (line, refused) => ({ line, outcome: 'refused', ...refused }),
      store: (batch) => database.write(ctx, (tx) => store.upsertCustomers(tx, batch)), countMax: BATCH_LINES,
    }),
  addCustomerContact: async ({ ctx, params, body }) => asSeenBy(ctx.facts, await database.write(ctx, (tx) => store.addContact(tx, params.customerId, body))),
  listCustomerContacts: async ({ ctx, params }) => {
    const [customers, items] = await database.fetch(ctx, query(store.customerById, [params.customerId]), query(store.contactsOf, [params.customerId]))
    if (customers.length === 0) throw notFound('customer')
    return { items: items.map((contact) => asSeenBy(ctx.facts, contact)) }
  },
  removeCustomerContact: async ({ ctx, params }) => asSeenBy(ctx.facts, await database.write(ctx, (tx) => store.removeContact(tx, params.customerId, params.contactId))),
})

const asSeenBy = ({ fieldClasses }: Facts, contact: Contact): Contact => (fieldClasses.has('pii') ? contact : { ...contact, name: null, email: null, phone: null })
