// A cluster of its own for the proof: some mutants really change roles, which all databases of a cluster share.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../../src/platform/db/migrate.ts'
import { openGround, type OpenGround, type Target } from '../../src/platform/db/walls/ground.ts'
import { destroyCluster, startCluster } from '../../src/platform/embedded/index.ts'
import { TEST_SECRET } from '../setup/template.ts'

export interface TestGround extends OpenGround {
  readonly target: Target
}

export async function openTestGround(): Promise<TestGround> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bss-test-run-'))
  const cluster = await startCluster({ dataDir, replica: false, temporary: true })
  await migrate({ url: cluster.primaryUrl, secret: TEST_SECRET })
  const target = { primaryUrl: cluster.primaryUrl, superuserUrl: cluster.superuserUrl, secret: TEST_SECRET }
  const ground = await openGround(target, 1)
  return {
    ...ground,
    target,
    close: async () => {
      await ground.close()
      await cluster.stop()
      await destroyCluster(dataDir)
    },
  }
}
