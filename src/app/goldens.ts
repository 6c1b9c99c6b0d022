// What is derived and committed so that a change of it is seen in review: the OpenAPI document and the schema of the database.
import { openDatabase } from '../platform/db/database.ts'
import { schemaText } from '../platform/db/schema-text.ts'
import { openApiOf } from '../platform/http/openapi.ts'
import { partsOf } from './parts.ts'
import { routesOf } from './rooms.ts'

export const API_INFO = { title: 'Blue Ship Sync', version: '0.1.0' } as const

/** The OpenAPI 3.1 document of all rooms. No database is asked: routes are made, never called. */
export async function openApiText(): Promise<string> {
  const secret = new Uint8Array(32)
  const database = openDatabase({ primaryUrl: 'postgres://nowhere.invalid/none', replicaUrls: [], secret, role: 'bss_app' })
  const text = JSON.stringify(openApiOf(routesOf(partsOf(database, secret)), API_INFO), null, 2)
  await database.close()
  return `${text}\n`
}

/** Golden files by name, made for a migrated database. */
export const goldens = async (primaryUrl: string): Promise<ReadonlyMap<string, string>> =>
  new Map([['openapi.json', await openApiText()], ['schema.txt', await schemaText(primaryUrl)]])
