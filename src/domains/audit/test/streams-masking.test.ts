// What a receiver is sent is masked by the field classes of its stream, which are those of whoever made it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FIELD_CLASSES, type FieldClass } from '../../../kernel/access.ts'
import { clientOf } from '../../../kernel/client.ts'
import { newId } from '../../../kernel/ids.ts'
import { rolesApi } from '../../identity/roles/contract.ts'
import { auditApi } from '../contract.ts'
import { openGrounds, until, type Grounds } from './grounds.ts'
import { Receiver } from './receiver.ts'

let grounds: Grounds
const receiver = new Receiver()
beforeAll(async () => {
  await receiver.listen()
  grounds = await openGrounds({ withWorker: true, service: { outbound: { allowedNetworks: ['127.0.0.0/8'], plainHttpHosts: ['127.0.0.1'], timeoutMs: 1_500 } } })
})
afterAll(async () => {
  await grounds.house.close()
  await receiver.close()
})

/** A stream made by somebody who sees these classes. */
async function streamOf(name: string, fieldClasses: readonly FieldClass[]): Promise<void> {
  const { house, identity } = grounds
  const role = await house.client(rolesApi, 'tenant_admin').createCustomRole({ body: { name, permissions: ['audit:read', 'identity:write'], fieldClasses: [...fieldClasses] } })
  const account = await identity.createServiceAccount({ body: { name, role: 'planner' } })
  await identity.assignRole({ params: { serviceAccountId: account.id }, body: { roleId: role.id } })
  const { secret } = await identity.createKey({ body: { serviceAccountId: account.id, name } })
  await clientOf(auditApi, house.sender({ token: secret ?? '' })).createAuditStream({ body: { name, url: receiver.url(`/${name}`) } })
}

const SECRETS = { price: '4711.10', cost: '1313.37', finance: 'DE12500105170648489890', pii: 'anna@example.com', strategy: '0.42' } as const
const AFTER = { sku: 'A-1', unitPrice: SECRETS.price, unitCost: SECRETS.cost, iban: SECRETS.finance, email: SECRETS.pii, margin: SECRETS.strategy, lines: [{ number: 1, cost: SECRETS.cost }], nobodyKnows: 'a secret' }
/** Leaves a change with a value of every class in the trail, as a room would have. */
async function plantChange(id: string): Promise<void> {
  await grounds.peek(`insert into bss.audit_entry (organization_id, id, actor_kind, actor_id, actor_name, operation, request_id, changes) select $1, bss.new_id(), 'user', bss.new_id(), 'Somebody', 'orders.changeEverything', $2, $3::jsonb`, [
    grounds.house.acme.id, id, JSON.stringify([{ entity: 'item', id, action: 'changed', before: { unitPrice: SECRETS.price, sku: 'A-0' }, after: AFTER }]),
  ])
}
const sentTo = (name: string, requestId: string) => receiver.events(`/${name}`).find(({ data }) => data.requestId === requestId)?.data

describe('the messages of a stream', () => {
  it('hold every value for one with all classes, and for the others a mark in place of what they may not see', async () => {
    await streamOf('all', FIELD_CLASSES)
    await streamOf('ops', ['ops'])
    await streamOf('money', ['ops', 'price', 'cost'])
    const id = newId()
    await plantChange(id)
    await until('all three were sent it', () => ['all', 'ops', 'money'].every((name) => sentTo(name, id) !== undefined))

    const whole = sentTo('all', id)
    expect(whole?.changes).toEqual([{ entity: 'item', id, action: 'changed', before: { unitPrice: SECRETS.price, sku: 'A-0' }, after: AFTER }])
    // With the text and the salt the receiver can check the chain; both hold every value, so that they are sent to this one only.
    expect([whole?.proof.personal?.includes(SECRETS.pii), typeof whole?.proof.salt]).toEqual([true, 'string'])

    const bare = sentTo('ops', id)
    expect(bare?.changes).toEqual([{
      entity: 'item', id, action: 'changed', before: { unitPrice: { hidden: 'price' }, sku: 'A-0' },
      after: { sku: 'A-1', unitPrice: { hidden: 'price' }, unitCost: { hidden: 'cost' }, iban: { hidden: 'finance' }, email: { hidden: 'pii' }, margin: { hidden: 'strategy' }, lines: [{ number: 1, cost: { hidden: 'cost' } }], nobodyKnows: { hidden: 'price' } },
    }])
    expect(bare?.proof).toMatchObject({ personal: null, salt: null })
    const money = sentTo('money', id)
    expect(money?.changes).toMatchObject([{ before: { unitPrice: SECRETS.price }, after: { unitPrice: SECRETS.price, unitCost: SECRETS.cost, email: { hidden: 'pii' }, lines: [{ number: 1, cost: SECRETS.cost }] } }])
    expect(money?.proof).toMatchObject({ personal: null, salt: null })

    // Nowhere in any byte that went out, whatever field it might have been in.
    const bytesTo = (name: string): string => receiver.at(`/${name}`).map(({ body }) => body).join('\n')
    const seen = (name: string) => Object.entries(SECRETS).flatMap(([fieldClass, value]) => (bytesTo(name).includes(value) ? [fieldClass] : []))
    expect([seen('all'), seen('money'), seen('ops')]).toEqual([['price', 'cost', 'finance', 'pii', 'strategy'], ['price', 'cost'], []])
  })
})
