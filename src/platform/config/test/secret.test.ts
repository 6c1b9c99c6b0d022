import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase, type FreshDatabase } from '../../../../test/setup/database.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { hasSealed } from '../../db/known-secret.ts'
import { loadSecret } from '../secret.ts'

let fresh: FreshDatabase
let empty: string
const folder = mkdtempSync(join(tmpdir(), 'bss-secret-'))
const file = join(folder, 'service-secret')
beforeAll(async () => {
  fresh = await freshDatabase()
  const url = new URL(fresh.superuserUrl)
  const name = `empty_${process.pid}`
  await sql(fresh.superuserUrl, `create database ${name} template template0`)
  url.pathname = `/${name}`
  empty = url.href
}, 120_000)
afterAll(async () => {
  await sql(fresh.superuserUrl, `drop database ${new URL(empty).pathname.slice(1)}`)
  await fresh.close()
  rmSync(folder, { recursive: true })
})

describe('the secret of the service', () => {
  it('is not made anew for a database that was set up with another one: the start is refused, and no file is left', async () => {
    await expect(loadSecret(null, folder, () => hasSealed(fresh.superuserUrl))).rejects.toThrow(/service-secret is missing, and the database was set up with it/)
    expect(existsSync(file)).toBe(false)
  })
  it('is made once for a new database, readable by its owner only, and read again', async () => {
    const made = await loadSecret(null, folder, () => hasSealed(empty))
    expect(made).toHaveLength(64)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    // Whatever is in the database now: the file is there.
    expect(await loadSecret(null, folder, () => hasSealed(fresh.superuserUrl))).toEqual(made)
    expect(readFileSync(file, 'utf8')).toBe(Buffer.from(made).toString())
  })
  it('is the setting where one is given, and a damaged file is refused', async () => {
    expect(Buffer.from(await loadSecret('x'.repeat(40), folder, () => Promise.resolve(true))).toString()).toBe('x'.repeat(40))
    writeFileSync(file, 'short')
    await expect(loadSecret(null, folder, () => Promise.resolve(false))).rejects.toThrow(/is damaged/)
  })
})
