// `npm run migration -- orders incoterm` → src/domains/orders/migrations/20260301T0900_orders_incoterm.sql
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'

const [room = '', ...words] = process.argv.slice(2)
const subject = words.join('_').toLowerCase().replace(/[^a-z0-9]+/g, '_')
const folder = `src/domains/${room}`

if (!/^[a-z][a-z0-9-]*$/.test(room) || subject === '' || !existsSync(folder)) {
  console.error('Say which room and what changes: npm run migration -- orders incoterm')
  process.exit(1)
}

const minute = new Date().toISOString().slice(0, 16).replace(/[-:]/g, '')
const file = `${folder}/migrations/${minute}_${room.replaceAll('-', '_')}_${subject}.sql`
const text = `-- Why: one sentence.
-- Forward only. The service of the release before this one must still run on the result: add first, remove a release later.

`
mkdirSync(`${folder}/migrations`, { recursive: true })
writeFileSync(file, text, { flag: 'wx' })
console.log(file)
