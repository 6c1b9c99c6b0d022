// `npm run room -- carriers` → src/domains/carriers with the files that every room begins with.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'

const [room = ''] = process.argv.slice(2)
const folder = `src/domains/${room}`

if (!/^[a-z][a-z0-9-]*s$/.test(room)) {
  console.error('Say the noun of the room, in the plural: npm run room -- carriers')
  process.exit(1)
}
if (existsSync(folder)) {
  console.error(`${folder} exists already.`)
  process.exit(1)
}

const camel = room.replace(/-([a-z0-9])/g, (_dash, letter: string) => letter.toUpperCase())
const files = {
  'contract.ts': `// What this room is for: one sentence. What it refuses: another.
import { defineApi } from '../../kernel/contract.ts'

export const ${camel}Api = defineApi({})
`,
  'index.ts': `// The face for higher rooms: a few functions that take a Tx.
export { ${camel}Api } from './contract.ts'
`,
  'test/rules.test.ts': `import { expect, test } from 'vitest'
import { ${camel}Api } from '../contract.ts'

test('the room is open', () => expect(Object.keys(${camel}Api).length).toBeGreaterThan(0))
`,
}

for (const part of ['', '/migrations', '/test']) mkdirSync(folder + part, { recursive: true })
for (const [file, text] of Object.entries(files)) writeFileSync(`${folder}/${file}`, text)
console.log(`${folder} stands, and its first test is red until the contract has an operation.`)
console.log('Next: its rank in test/tidy/floors.ts, its operations in contract.ts, then npm run migration.')
