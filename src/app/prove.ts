// `npm run prove`: shows on a cluster of its own that no organization can see, touch or guess at another's data: catalogue, generated
// behaviour, fuzz and mutants in the database; the access matrix and mutants of the code over HTTP.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { migrate } from '../platform/db/migrate.ts'
import { copyDatabase } from '../platform/db/walls/copy-database.ts'
import { proveWalls, type Part } from '../platform/db/walls/proof.ts'
import { destroyCluster, startCluster } from '../platform/embedded/index.ts'
import { matrixParts } from './access-matrix/proof.ts'

const HELP = `npm run prove -- [--quick] [--seed N] [--json FILE]

Proves the walls between organizations on a database cluster of its own, which is thrown away afterwards.

  --quick      fewer variants of the same attacks and a shorter fuzz (the form that npm test runs)
  --seed N     other random values and statements (1); the same seed does the same
  --json FILE  writes the report as JSON as well

Exit code 0: no leak, every mutant noticed. 1: something was found.

Examples:
  npm run prove
  npm run prove -- --quick
  npm run prove -- --seed 42 --json proof.json`

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' }, json: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } } })
const seed = Number(values.seed)
if (values.help) {
  console.log(HELP)
} else if (!Number.isSafeInteger(seed) || seed < 0) {
  console.error(`--seed must be a whole number, not ${values.seed}.`)
  process.exitCode = 2
} else {
  process.exitCode = await prove(values.quick, seed, values.json)
}

async function prove(isQuick: boolean, withSeed: number, json: string | undefined): Promise<number> {
  const startedMs = performance.now()
  const secret = Buffer.from('a secret of the proof, never used outside it')
  const dataDir = mkdtempSync(join(tmpdir(), 'bss-prove-'))
  console.log('Starting a database of its own …')
  const cluster = await startCluster({ dataDir, replica: false, temporary: true })
  const stop = async (): Promise<void> => {
    await cluster.stop()
    await destroyCluster(dataDir)
  }
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]] as const) process.once(signal, () => void stop().then(() => process.exit(code)))
  try {
    await migrate({ url: cluster.primaryUrl, secret })
    const target = { primaryUrl: cluster.primaryUrl, superuserUrl: cluster.superuserUrl, secret }
    // The mutants really weaken their database; the service runs on another.
    const weakened = await copyDatabase(target, 'weakened')
    const parts = [...(await proveWalls(weakened, { isQuick, seed: withSeed, onPart: print })), ...(await matrixParts(target, print))]
    return report(parts, (performance.now() - startedMs) / 1_000, { isQuick, seed: withSeed, json })
  } finally {
    await stop()
  }
}

function print({ name, tried, failures, seconds }: Part): void {
  console.log(`${failures.length === 0 ? '✓' : '✗'} ${name.padEnd(13)} ${tried}; ${seconds.toFixed(1)} s`)
  for (const failure of failures) console.log(`    ${failure}`)
}

function report(parts: readonly Part[], seconds: number, { isQuick, seed: withSeed, json }: { isQuick: boolean; seed: number; json: string | undefined }): number {
  const failures = parts.flatMap((part) => part.failures)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ isQuick, seed: withSeed, seconds, parts }, null, 2)}\n`)
  console.log(failures.length === 0 ? `The walls stand: 0 leaks, every mutant noticed; ${seconds.toFixed(1)} s.` : `The walls do NOT stand: ${failures.length} findings; ${seconds.toFixed(1)} s.`)
  return failures.length === 0 ? 0 : 1
}
