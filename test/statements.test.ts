// Every statement of every room is prepared against the real schema: its columns are there and have the types its readers expect.
// This is what generated table types would give, without generating anything.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import '../src/app/rooms.ts'
import { rolePassword } from '../src/platform/crypto/seal.ts'
import { wireConfig } from '../src/platform/db/pool.ts'
import { snakeCase } from '../src/platform/db/row.ts'
import { allStatements } from '../src/platform/db/statement.ts'
import { Wire } from '../src/platform/db/wire.ts'
import { freshDatabase, type FreshDatabase } from './setup/database.ts'
import { sql } from './setup/sql.ts'

let house: FreshDatabase
let wire: Wire
let typeNames: ReadonlyMap<number, string>
beforeAll(async () => {
  house = await freshDatabase()
  wire = await Wire.connect(wireConfig({ url: house.primaryUrl, user: 'bss_app', password: rolePassword(house.secret, 'bss_app'), size: 1, applicationName: 'statements' }))
  const rows = await sql(house.primaryUrl, 'select oid::text, typname::text from pg_type')
  typeNames = new Map(rows.map(([oid, name]) => [Number(oid), name ?? '']))
})
afterAll(async () => {
  await wire.close()
  await house.close()
})

describe('every statement fits the schema', () => {
  const statements = allStatements()
  it('there are statements to check', () => expect(statements.length).toBeGreaterThan(50))
  it.each(statements.map((statement) => [statement.text.slice(0, 70).replaceAll(/\s+/g, ' '), statement] as const))('%s', async (_title, { name, text, shape }) => {
    const columns = await wire.describe({ name, text })
    for (const [key, reader] of Object.entries(shape)) {
      const column = columns.find((each) => each.name === snakeCase(key))
      expect(column, `column ${snakeCase(key)} of: ${text}`).toBeDefined()
      expect(reader.types, `${key} of: ${text}`).toContain(typeNames.get(column?.type ?? 0))
    }
  })
})
