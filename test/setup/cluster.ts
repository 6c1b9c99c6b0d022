import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { ClusterError, destroyCluster, startCluster } from '../../src/platform/embedded/index.ts'
import type { Cluster } from '../../src/platform/embedded/index.ts'
import { prepareTemplate } from './template.ts'

export interface ProvidedCluster {
  readonly primaryUrl: string
  readonly replicaUrls: readonly string[]
  readonly superuserUrl: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    cluster: ProvidedCluster
  }
}

const PREFIX = 'bss-test-run-'

let cluster: Cluster | undefined
let folder: string | undefined

/** One cluster per test run, primary and replica, the same code as in production; tests make their own databases in it. */
export async function setup(project: TestProject): Promise<void> {
  await removeAbandoned()
  folder = mkdtempSync(join(tmpdir(), PREFIX))
  cluster = await startCluster({ dataDir: folder, replica: true, temporary: true, settings: { max_slot_wal_keep_size: '256MB' } })
  await prepareTemplate(cluster)
  const { primaryUrl, replicaUrls, superuserUrl } = cluster
  project.provide('cluster', { primaryUrl, replicaUrls, superuserUrl })
}

export async function teardown(): Promise<void> {
  await cluster?.stop()
  if (folder !== undefined) await destroyCluster(folder)
}

/**
 * A run that was killed leaves its servers behind; the next run ends them. One that still runs holds its lock and is left
 * alone, and so is one that has not got as far as its mark.
 */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(PREFIX))) {
    const abandoned = join(tmpdir(), name)
    if (!existsSync(join(abandoned, 'cluster.json'))) continue
    try {
      await destroyCluster(abandoned)
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error
    }
  }
}
