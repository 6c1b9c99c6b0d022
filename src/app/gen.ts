// `npm run gen`: makes the goldens anew on an empty database of its own.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../platform/db/migrate.ts'
import { destroyCluster, startCluster } from '../platform/embedded/index.ts'
import { accessMatrixText } from './access-matrix/golden.ts'
import { goldens } from './goldens.ts'

const FOLDER = new URL('../../golden/', import.meta.url)

const dataDir = mkdtempSync(join(tmpdir(), 'bss-gen-'))
const cluster = await startCluster({ dataDir, replica: false, temporary: true })
try {
  await migrate({ url: cluster.primaryUrl, secret: Buffer.alloc(32, 1) })
  mkdirSync(FOLDER, { recursive: true })
  const texts = new Map([...(await goldens(cluster.primaryUrl)), ['access-matrix.txt', await accessMatrixText(cluster)]])
  for (const [name, text] of texts) {
    const file = new URL(name, FOLDER)
    const isChanged = before(file) !== text
    if (isChanged) writeFileSync(file, text)
    process.stdout.write(`golden/${name} ${isChanged ? 'written' : 'unchanged'}\n`)
  }
} finally {
  await cluster.stop()
  await destroyCluster(dataDir)
}

function before(file: URL): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
