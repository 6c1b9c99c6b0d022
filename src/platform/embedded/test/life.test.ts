import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Cluster } from '../index.ts'
import { processStamp } from '../processes.ts'
import { ask, elsewhere, ended, eventually, freshFolder, refusal, up } from './trial.ts'

const folder = freshFolder()
let running: Cluster | undefined

/** These tests tell one story in order: each goes on with the cluster of the one before. */
function current(): Cluster {
  if (running === undefined) throw new Error('The first test of this file starts the cluster.')
  return running
}

describe('the life of one data folder', () => {
  test('a first start hands out what a managed service would', async () => {
    const cluster = await up(folder, { replica: true })
    expect(await ask(cluster.primaryUrl, `select concat_ws(' ', rolcanlogin, rolcreaterole, rolcreatedb, rolsuper, rolbypassrls, rolreplication) from pg_roles where rolname = current_user`)).toBe('t t t f f f')
    expect(await ask(cluster.primaryUrl, `select concat_ws(' ', current_database(), pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datlocprovider, datlocale) from pg_database where datname = current_database()`)).toBe(
      'bss bss_platform UTF8 b C.UTF-8',
    )
    for (const [setting, value] of [['fsync', 'on'], ['data_checksums', 'on'], ['synchronous_commit', 'on'], ['max_connections', '200'], ['max_slot_wal_keep_size', '1GB'], ['listen_addresses', '127.0.0.1']]) {
      expect(await ask(cluster.superuserUrl, `show ${setting}`)).toBe(value)
    }
    expect(await ask(cluster.superuserUrl, `select left(rolpassword, 13) from pg_authid where rolname = 'bss_platform'`)).toBe('SCRAM-SHA-256')
    await expect(ask(cluster.primaryUrl.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow('password authentication failed')
    expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600)
    running = cluster
    await ask(cluster.primaryUrl, 'create table kept (n int)')
    await ask(cluster.primaryUrl, 'insert into kept values (1)')
  })

  test('the replica streams, and refuses to be written to', async () => {
    const cluster = current()
    const [replicaUrl = ''] = cluster.replicaUrls
    await ask(cluster.primaryUrl, 'insert into kept values (2)')
    await eventually(replicaUrl, 'select count(*) from kept', '2')
    await expect(ask(replicaUrl, 'insert into kept values (3)')).rejects.toThrow('read-only')
    expect(await ask(replicaUrl, 'show hot_standby_feedback')).toBe('on')
  })

  test('a second start keeps the data, the ports and the passwords, and copies nothing', async () => {
    const before = current()
    const clone = statSync(join(folder, 'replica', 'PG_VERSION')).ino
    await before.stop()
    const steps: string[] = []
    const after = await up(folder, { replica: true, onProgress: (step) => steps.push(step) })
    expect(after.primaryUrl).toBe(before.primaryUrl)
    expect(after.replicaUrls).toEqual(before.replicaUrls)
    expect(steps).toEqual(['Starting the primary', 'Starting the replica'])
    expect(statSync(join(folder, 'replica', 'PG_VERSION')).ino).toBe(clone)
    expect(await ask(after.primaryUrl, 'select count(*) from kept')).toBe('2')
    running = after
  })

  test('kill -9 of the primary loses nothing that was committed, and the replica goes on', async () => {
    const cluster = current()
    await ask(cluster.primaryUrl, 'insert into kept select 10')
    await cluster.kill('primary')
    await expect(ask(cluster.primaryUrl, 'select 1')).rejects.toThrow('ECONNREFUSED')
    await cluster.start('primary')
    expect(await ask(cluster.primaryUrl, 'select count(*) from kept')).toBe('3')
    await ask(cluster.primaryUrl, 'insert into kept select 11')
    await eventually(cluster.replicaUrls[0] ?? '', 'select count(*) from kept', '4')
  })

  test('a killed replica goes on where it stood, and is copied anew when its slot is gone', async () => {
    const cluster = current()
    const clone = (): number => statSync(join(folder, 'replica', 'PG_VERSION')).ino
    const first = clone()
    await cluster.kill('replica')
    await ask(cluster.primaryUrl, 'insert into kept select 12')
    await cluster.start('replica')
    await eventually(cluster.replicaUrls[0] ?? '', 'select count(*) from kept', '5')
    expect(clone()).toBe(first)
    await cluster.kill('replica')
    await eventually(cluster.superuserUrl, 'select count(*) from pg_replication_slots where active', '0')
    await ask(cluster.superuserUrl, `select pg_drop_replication_slot('bss_replica')`)
    await cluster.start('replica')
    expect(clone()).not.toBe(first)
    await ask(cluster.primaryUrl, 'insert into kept select 13')
    await eventually(cluster.replicaUrls[0] ?? '', 'select count(*) from kept', '6')
  })

  test('a copy taken while the primary is written to is whole', async () => {
    const cluster = current()
    await cluster.kill('replica')
    await eventually(cluster.superuserUrl, 'select count(*) from pg_replication_slots where active', '0')
    await ask(cluster.superuserUrl, `select pg_drop_replication_slot('bss_replica')`)
    await ask(cluster.primaryUrl, 'create table busy (n int primary key, filler text)')
    let isCopied = false
    const writing = (async (): Promise<number> => {
      let round = 0
      for (; !isCopied; round += 1) {
        await ask(cluster.primaryUrl, `insert into busy select n, repeat('x', 200) from generate_series(${round * 500}, ${round * 500 + 499}) n`)
        await ask(cluster.primaryUrl, round % 2 === 0 ? 'create table passing as select * from busy' : 'drop table passing')
      }
      return round
    })()
    await cluster.start('replica')
    isCopied = true
    expect(await writing).toBeGreaterThan(2)
    const digest = `select count(*) || ' ' || sum(hashtext(n || filler)) from busy`
    await eventually(cluster.replicaUrls[0] ?? '', digest, await ask(cluster.primaryUrl, digest))
  })

  test('a damaged replica is copied anew, a promoted one is never thrown away', async () => {
    const cluster = current()
    await cluster.kill('replica')
    rmSync(join(folder, 'replica', 'pg_wal'), { recursive: true })
    await cluster.start('replica')
    expect(existsSync(join(folder, 'replica', 'pg_wal'))).toBe(true)
    await eventually(cluster.replicaUrls[0] ?? '', 'select count(*) from kept', '6')
    const superuserAtReplica = cluster.superuserUrl.replace(`:${cluster.primaryPort}/`, `:${cluster.replicaPort ?? 0}/`)
    await ask(superuserAtReplica, 'select pg_promote()')
    await ask(cluster.replicaUrls[0] ?? '', 'insert into kept select 14')
    await cluster.kill('replica')
    await cluster.start('replica')
    expect(await ask(cluster.replicaUrls[0] ?? '', 'select count(*) from kept')).toBe('7')
    await cluster.stop()
    expect((await refusal(up(folder, { replica: true }))).failure).toBe('promoted')
    expect(existsSync(join(folder, 'replica', 'PG_VERSION'))).toBe(true)
    rmSync(join(folder, 'replica'), { recursive: true })
  })

  test('a parent that was killed leaves servers behind, and the next start ends them', async () => {
    const { child, words } = await elsewhere(folder, true)
    expect(words).toBe('up')
    const postmaster = Number(readFileSync(join(folder, 'primary', 'postmaster.pid'), 'utf8').split('\n')[0])
    const stamp = processStamp(postmaster)
    child.kill('SIGKILL')
    await ended(child)
    expect(processStamp(postmaster)).toBe(stamp)
    const cluster = await up(folder, { replica: true })
    expect(await ask(cluster.primaryUrl, 'select count(*) from kept')).toBe('6')
    await cluster.stop()
  })

  test('a process that exits without stopping takes its servers with it', async () => {
    const { child } = await elsewhere(folder)
    const postmaster = join(folder, 'primary', 'postmaster.pid')
    expect(existsSync(postmaster)).toBe(true)
    child.kill('SIGTERM')
    await ended(child)
    await expect.poll(() => existsSync(postmaster), { timeout: 10_000 }).toBe(false)
  })

  test('a lock file whose number belongs to a stranger by now does not keep the server down', async () => {
    writeFileSync(join(folder, 'primary', 'postmaster.pid'), `${process.pid}\n${join(folder, 'primary')}\n1\n1\n\n\n\nready\n`)
    const cluster = await up(folder)
    expect(await ask(cluster.primaryUrl, 'select count(*) from kept')).toBe('6')
    await cluster.stop()
  })
})
