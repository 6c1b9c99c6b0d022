// A whole installation for a run: embedded primary and replica in a folder of their own, data, and the service in its own process.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { rolePassword } from '../../src/platform/crypto/seal.ts'
import { migrate } from '../../src/platform/db/migrate.ts'
import { destroyCluster, startCluster, type Cluster } from '../../src/platform/embedded/index.ts'
import { sql } from '../setup/sql.ts'
import { startChild, type Child } from './child.ts'
import { cpuMsOf, cpuMsOfServer, memoryOf } from './cpu.ts'
import { seed, type Keys, type Size } from './seed.ts'

export interface Cpu {
  readonly postgresMs: number | null
  readonly replicaMs: number | null
  readonly nodeMs: number | null
}

export interface World {
  /** For files of the run; gone when it ends. */
  readonly folder: string
  readonly cluster: Cluster
  readonly secret: Buffer
  readonly size: Size
  readonly keys: Keys
  readonly postgres: string
  /** The address of a database for a login role; the one of the run when none is named. */
  urlAs(role: 'bss_app' | 'bss_worker' | 'bss_reader' | 'superuser', database?: string, server?: 'primary' | 'replica'): string
  service(withWorker?: boolean): Promise<Address>
  /** CPU so far of the servers and of the service that runs. */
  cpu(): Cpu
  memory(): { readonly nowMb: number; readonly peakMb: number } | null
  stopService(): Promise<void>
  close(): Promise<void>
}
export interface Address {
  readonly host: string
  readonly port: number
}

const Url = Type.Object({ url: Type.String() })
type Running = Child<Type.Static<typeof Url>>

/** Opens a world; `onProgress` hears what takes its time. */
export async function openWorld(size: Size, onProgress: (step: string) => void): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'bss-bench-scripts-'))
  const dataDir = mkdtempSync(join(tmpdir(), 'bss-bench-'))
  const secret = Buffer.from('a secret of the benchmarks, never used outside them')
  const cluster = await startCluster({ dataDir, replica: true, temporary: true, onProgress })
  onProgress('Applying the migrations')
  await migrate({ url: cluster.primaryUrl, secret })
  onProgress(`Filling ${size.organizations} organizations with ${size.skus} items each`)
  const keys = await seed(cluster.superuserUrl, 1, size.organizations, size)
  const [version] = await sql(cluster.superuserUrl, 'show server_version')
  let running: Running | null = null
  const urlAs: World['urlAs'] = (role, database, server = 'primary') => {
    const url = new URL(role === 'superuser' ? cluster.superuserUrl : server === 'replica' ? (cluster.replicaUrls[0] ?? '') : cluster.primaryUrl)
    if (role !== 'superuser') {
      url.username = role
      url.password = rolePassword(secret, role)
    }
    if (database !== undefined) url.pathname = `/${database}`
    return url.href
  }
  const stopService = async (): Promise<void> => {
    await running?.stop()
    running = null
  }
  return {
    folder, cluster, secret, size, keys, urlAs, stopService,
    postgres: version?.[0]?.split(' ')[0] ?? 'unknown',
    service: async (withWorker = false) => {
      await stopService()
      const orders = { primaryUrl: cluster.primaryUrl, replicaUrls: cluster.replicaUrls, secret: secret.toString(), withWorker }
      running = await startChild('service-process.ts', orders, Url)
      const { hostname, port } = new URL(running.said.url)
      return { host: hostname, port: Number(port) }
    },
    cpu: () => ({
      postgresMs: cpuMsOfServer(join(dataDir, 'primary')),
      replicaMs: cpuMsOfServer(join(dataDir, 'replica')),
      nodeMs: running === null ? null : cpuMsOf(running.pid),
    }),
    memory: () => (running === null ? null : memoryOf(running.pid)),
    close: async () => {
      await stopService()
      await cluster.stop()
      await destroyCluster(dataDir)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
