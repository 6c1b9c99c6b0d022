import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findBinaries } from '../binaries.ts'
import { explainServerOutput, explainSystemError } from '../cluster-error.ts'
import { destroyCluster, startCluster } from '../index.ts'
import { ask, elsewhere, ended, freshFolder, refusal, up } from './trial.ts'

async function occupy(port: number): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}

describe('one folder and those who want it', () => {
  const folder = freshFolder()

  test('two starts on one folder: the second gets one clear sentence, in the same process and in another', async () => {
    const cluster = await up(folder)
    const { failure, sentence } = await refusal(up(folder))
    expect(failure).toBe('in-use')
    expect(sentence).toContain(String(process.pid))
    const { child, words } = await elsewhere(folder)
    expect(words).toContain('in-use: Blue Ship Sync already runs on')
    await ended(child)
    await expect(destroyCluster(folder)).rejects.toThrow('already runs')
    await ask(cluster.primaryUrl, 'create table kept as select 1')
    await cluster.stop()
  })

  test('a remembered port that somebody took is replaced; a fixed one is not', async () => {
    const first = await up(folder)
    await first.stop()
    const stranger = await occupy(first.primaryPort)
    try {
      const { failure, sentence } = await refusal(up(folder, { primaryPort: first.primaryPort }))
      expect(failure).toBe('port-taken')
      expect(sentence).toContain(String(first.primaryPort))
      const second = await up(folder)
      expect(second.primaryPort).not.toBe(first.primaryPort)
      expect(await ask(second.primaryUrl, 'select count(*) from kept')).toBe('1')
      await second.stop()
    } finally {
      stranger.close()
    }
  })

  test('an initdb that outlived its killed parent is ended, and its folder goes', async () => {
    const fresh = join(freshFolder(), 'data')
    const child = spawn(process.execPath, [join(import.meta.dirname, 'starter.ts'), fresh], { stdio: 'ignore' })
    await expect.poll(() => existsSync(fresh) && readdirSync(fresh).some((name) => name.startsWith('primary.unfinished')), { timeout: 10_000, interval: 10 }).toBe(true)
    child.kill('SIGKILL')
    await ended(child)
    const cluster = await up(fresh)
    expect(readdirSync(fresh).filter((name) => name.includes('unfinished'))).toEqual([])
    await cluster.stop()
    await destroyCluster(fresh)
    expect(existsSync(fresh)).toBe(false)
  })

  test('a cluster that was not made for a test is not deleted by program', async () => {
    const real = join(freshFolder(), 'data')
    const mark = JSON.stringify({ format: 1, id: 'bss-00000000', primaryPort: null, replicaPort: null, temporary: false })
    mkdirSync(real)
    writeFileSync(join(real, 'cluster.json'), mark)
    await expect(destroyCluster(real)).rejects.toThrow('not a temporary cluster')
    expect(existsSync(join(real, 'cluster.json'))).toBe(true)
  })

  test('what a start left half-done is removed, the data beside it is not', async () => {
    mkdirSync(join(folder, 'primary.unfinished-00000001', 'base'), { recursive: true })
    mkdirSync(join(folder, 'replica.unfinished-00000002', 'base'), { recursive: true })
    const cluster = await up(folder)
    expect(readdirSync(folder).filter((name) => name.includes('unfinished'))).toEqual([])
    expect(await ask(cluster.primaryUrl, 'select count(*) from kept')).toBe('1')
    await cluster.stop()
  })

  test('data of another major version, damaged data and lost passwords are refused and left alone', async () => {
    const version = join(folder, 'primary', 'PG_VERSION')
    writeFileSync(version, '15\n')
    const { failure, sentence } = await refusal(up(folder))
    expect(failure).toBe('other-version')
    expect(sentence).toContain('PostgreSQL 15')
    rmSync(version)
    expect((await refusal(up(folder))).failure).toBe('broken-folder')
    writeFileSync(version, `${findBinaries().major}\n`)
    for (const name of ['secrets.json', 'primary']) {
      renameSync(join(folder, name), join(folder, `${name}.away`))
      if (name === 'primary') mkdirSync(join(folder, 'replica'))
      expect((await refusal(up(folder))).failure).toBe('broken-folder')
      renameSync(join(folder, `${name}.away`), join(folder, name))
    }
    const secrets = readFileSync(join(folder, 'secrets.json'), 'utf8')
    writeFileSync(join(folder, 'secrets.json'), secrets.slice(0, 40))
    expect((await refusal(up(folder))).failure).toBe('broken-folder')
    writeFileSync(join(folder, 'secrets.json'), secrets)
    const cluster = await up(folder)
    expect(await ask(cluster.primaryUrl, 'select count(*) from kept')).toBe('1')
    await cluster.stop()
  })
})

describe('what is refused before anything is touched', () => {
  test('a folder with somebody else’s files', async () => {
    const folder = freshFolder()
    writeFileSync(join(folder, 'holiday.jpg'), 'x')
    expect((await refusal(up(folder))).failure).toBe('foreign-folder')
    expect(readdirSync(folder)).toEqual(['holiday.jpg'])
    expect((await refusal(startCluster({ dataDir: 'relative', replica: false }))).failure).toBe('foreign-folder')
  })

  test('a file where the folder should be', async () => {
    const file = join(freshFolder(), 'notes.txt')
    writeFileSync(file, 'x')
    for (const dataDir of [file, join(file, 'inside')]) expect((await refusal(startCluster({ dataDir, replica: false }))).sentence).toContain('a file is there')
  })

  test('settings that would lose data or open the server', async () => {
    const folder = join(freshFolder(), 'never')
    for (const settings of [{ fsync: 'off' }, { FSYNC: 'off' }, { full_page_writes: 'off' }, { listen_addresses: '*' }, { work_mem: "4MB'\nfsync=off" }]) {
      expect((await refusal(up(folder, { settings }))).failure).toBe('setting-refused')
    }
    expect(existsSync(folder)).toBe(false)
  })

  test('a folder that the server’s user cannot reach or write, named with the remedy', async () => {
    const parent = freshFolder()
    chmodSync(parent, process.geteuid?.() === 0 ? 0o700 : 0o500)
    const { failure, sentence } = await refusal(up(join(parent, 'data')))
    expect(failure).toBe('permission')
    expect(sentence).toContain(parent)
    chmodSync(parent, 0o755)
  })

  test('a platform without a package', () => {
    expect(() => findBinaries('aix-ppc64')).toThrow('no embedded PostgreSQL for aix-ppc64')
  })

  test('a setting the server does not know: its own words are in the sentence and in the cause', async () => {
    const { failure, sentence } = await refusal(up(freshFolder(), { settings: { no_such_setting: '1' } }))
    expect(failure).toBe('did-not-start')
    expect(sentence).toContain('no_such_setting')
  })

  test('a server that is too slow', async () => {
    expect((await refusal(up(freshFolder(), { secondsToStart: 0 }))).failure).toBe('too-slow')
  })

  test('a full disk, however it shows', () => {
    expect(explainServerOutput('initdb', 'FATAL:  could not write: No space left on device', '/data').failure).toBe('disk-full')
    expect(explainSystemError(Object.assign(new Error('write'), { code: 'ENOSPC' }), '/data')).toMatchObject({ failure: 'disk-full' })
  })
})
