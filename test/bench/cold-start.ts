// `npm start` on an installed clone: how long until the first request is answered; once with an empty data folder, once again.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Benchmark } from './benchmark.ts'
import { short } from './figures.ts'

const PATIENCE_MS = 120_000

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0))
    })
  })
}

/** Seconds from the command to the first answer of the API, and to the end of everything the start does. */
async function start(dataDir: string): Promise<{ readonly answered: number; readonly ready: number }> {
  const port = await freePort()
  const startedMs = performance.now()
  const since = (): number => (performance.now() - startedMs) / 1000
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../bootstrap.mjs'), 'start'], {
    env: { ...process.env, BSS_DATA: dataDir, BSS_PORT: String(port) }, stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  const isReady = new Promise<number>((resolve, reject) => {
    child.stdout.once('data', () => resolve(since()))
    void ended.then(() => reject(new Error('npm start ended before it was ready.')))
  })
  isReady.catch(() => undefined)
  try {
    let answered = 0
    while (answered === 0) {
      if (since() * 1000 > PATIENCE_MS) throw new Error('npm start did not answer in time.')
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/orders`).catch(() => null)
      if (response !== null) answered = since()
      else await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return { answered, ready: await isReady }
  } finally {
    child.kill('SIGINT')
    await ended
  }
}

export const coldStart: Benchmark = {
  name: 'cold-start',
  compares: 'seconds from `npm start` to the first answer: an empty data folder (creates the database, its replica and the demo organizations), and a second start',
  run: async ({ pace }) => {
    const folder = mkdtempSync(join(tmpdir(), 'bss-bench-start-'))
    try {
      const first = await start(folder)
      const again: number[] = []
      for (let round = 0; round < pace.rounds; round++) again.push((await start(folder)).answered)
      const second = again.toSorted((a, b) => a - b)[Math.floor(again.length / 2)] ?? Number.NaN
      return {
        rows: [['', 's'], ['first start, first answer', short(first.answered)], ['first start, demo organizations ready', short(first.ready)], ['second start, first answer', short(second)]],
        ratios: { 'second start, s': second, 'first start, s': first.answered },
      }
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    }
  },
}
