import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { bodyOf, mappingOf } from '../mapping.ts'

const Order = Type.Object({
  externalRef: Type.String(), priority: Type.Optional(Type.Integer()), isUrgent: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  address: Type.Optional(Type.Object({ city: Type.String(), zip: Type.Optional(Type.String()) })),
  lines: Type.Array(Type.Object({ sku: Type.String(), quantity: Type.String(), external: Type.Optional(Type.Object({ ref: Type.String() })) })),
})

describe('columns become fields', () => {
  test('by name, by --map and by --set, with the types of the schema', () => {
    const mapping = mappingOf(Order, ['EXTERNALREF', 'Code', 'Qty', 'Urgent', 'Prio', 'City', 'Note'], ['lines.sku=Code', 'lines.quantity=qty', 'isUrgent=Urgent', 'priority=Prio', 'address.city=City'], ['lines.external.ref=x=y'])
    expect(mapping).toMatchObject({ list: 'lines', unused: ['Note'] })
    expect(bodyOf(mapping, ['A-1', ' P-40 ', '2.50', 'yes', '7', '', 'hello'])).toEqual({
      head: { externalRef: 'A-1', isUrgent: true, priority: 7 }, entry: { sku: 'P-40', quantity: '2.50', external: { ref: 'x=y' } },
    })
  })
  test('what cannot be converted stays as it was, for the check of the schema to name', () => {
    const mapping = mappingOf(Order, ['externalRef', 'priority', 'lines.sku', 'lines.quantity'], [], [])
    expect(bodyOf(mapping, ['A', 'high', 'P', '1']).head).toEqual({ externalRef: 'A', priority: 'high' })
  })
  const refusals: readonly [what: string, header: string[], maps: string[], sets: string[], says: string][] = [
    ['a field that does not exist', ['Code'], ['skuu=Code'], [], 'no field "skuu"'],
    ['a column that does not exist', ['Code'], ['externalRef=Cod'], [], 'no column "Cod"'],
    ['a pair without a sign', ['Code'], ['externalRef'], [], 'field=Column'],
    ['a required field without a column', ['externalRef'], [], [], 'Nothing is mapped to lines'],
  ]
  for (const [what, header, maps, sets, says] of refusals) test(`${what} is refused`, () => expect(() => mappingOf(Order, header, maps, sets)).toThrow(says))
})
