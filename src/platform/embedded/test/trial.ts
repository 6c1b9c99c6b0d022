import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, expect } from 'vitest'
import { isList } from '../../../kernel/json.ts'
import { ClusterError, destroyCluster, startCluster } from '../index.ts'
import type { Cluster, ClusterFailure, ClusterOptions } from '../index.ts'

const clusters: Cluster[] = []
const folders: string[] = []

/** An empty folder that is gone, with whatever runs in it, when the test file ends. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bss-embedded-'))
  chmodSync(folder, 0o755)
  folders.push(folder)
  return folder
}

export async function up(dataDir: string, more: Partial<ClusterOptions> = {}): Promise<Cluster> {
  const settings = { shared_buffers: '32MB', ...more.settings }
  const cluster = await startCluster({ dataDir, replica: false, temporary: true, ...more, settings })
  clusters.push(cluster)
  return cluster
}

export async function ask(url: string, sql: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, query_timeout: 10_000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows }: { rows: unknown[] } = await client.query({ text: sql, rowMode: 'array' })
    const row = rows[0]
    return isList(row) ? String(row[0]) : ''
  } finally {
    await client.end()
  }
}

export async function eventually(url: string, sql: string, wanted: string): Promise<void> {
  await expect.poll(() => ask(url, sql).catch(String), { timeout: 10_000, interval: 30 }).toBe(wanted)
}

/** The failure and the sentence of a start that must not succeed. */
export async function refusal(start: Promise<unknown>): Promise<{ failure: ClusterFailure; sentence: string }> {
  const error: unknown = await start.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ClusterError)) throw new Error('A ClusterError was expected.', { cause: error })
  expect(error.message).toMatch(/^[A-Z/].*[^.]\.?$/)
  expect(error.message).not.toContain('\n')
  return { failure: error.failure, sentence: error.message }
}

/** Another process that starts a cluster, as a second `npm start` would; resolves when it has said what came of it. */
export async function elsewhere(dataDir: string, replica = false): Promise<{ child: ChildProcess; words: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'starter.ts'), dataDir, String(replica)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const words = await new Promise<string>((resolve) => child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim())))
  return { child, words }
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise<void>((resolve) => child.once('exit', () => resolve()))
}

afterAll(async () => {
  for (const cluster of clusters) await cluster.stop()
  for (const folder of folders) {
    if (existsSync(join(folder, 'cluster.json'))) await destroyCluster(folder).catch(() => undefined)
    rmSync(folder, { recursive: true, force: true })
  }
})
