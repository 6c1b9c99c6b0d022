import { existsSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hydrateSymlinks } from '../binaries.ts'
import { takeLock } from '../lock.ts'
import { LogFile } from '../log-file.ts'
import { accessText, configText, socketFolderFor } from '../settings.ts'
import { freshFolder } from './trial.ts'

test('missing library links are made from the package’s list, once', () => {
  const home = freshFolder()
  mkdirSync(join(home, 'native', 'lib'), { recursive: true })
  writeFileSync(join(home, 'native', 'lib', 'libx.so.60.2'), 'x')
  writeFileSync(join(home, 'native', 'pg-symlinks.json'), JSON.stringify([{ source: 'native/lib/libx.so.60.2', target: 'native/lib/libx.so.60' }]))
  expect(hydrateSymlinks(home)).toBe(1)
  expect(lstatSync(join(home, 'native', 'lib', 'libx.so.60')).isSymbolicLink()).toBe(true)
  expect(readFileSync(join(home, 'native', 'lib', 'libx.so.60'), 'utf8')).toBe('x')
  expect(hydrateSymlinks(home)).toBe(0)
})

test('a lock of a dead holder, of a reused number or of a crash is taken over; a living one is not', () => {
  const folder = freshFolder()
  const file = join(folder, 'cluster.lock')
  for (const stale of ['', '{', JSON.stringify({ pid: 2 ** 22 + 1, stamp: '1' }), JSON.stringify({ pid: process.pid, stamp: '1' })]) {
    writeFileSync(file, stale)
    const lock = takeLock(file, folder)
    expect(() => takeLock(file, folder)).toThrow('already runs')
    lock.release()
    expect(existsSync(file)).toBe(false)
  }
})

test('a log keeps its last words and never grows past two files', () => {
  const log = new LogFile(join(freshFolder(), 'primary.log'))
  expect(log.tail()).toBe('')
  writeFileSync(log.path, `${'x'.repeat(20_000)}last words`)
  expect(log.tail()).toHaveLength(8192)
  expect(log.tail().endsWith('last words')).toBe(true)
  log.trim(1000)
  expect([log.size(), statSync(`${log.path}.1`).size]).toEqual([0, 20_010])
})

test('a configuration is quoted, and only a replica learns of a primary', () => {
  const server = { name: 'bss-0-primary', port: 1, socketFolder: `/a'b"c`, overrides: { work_mem: '8MB' } }
  const text = configText(server)
  expect(text).toContain(`unix_socket_directories = '"/a''b""c"'`)
  expect(text).toContain(`work_mem = '8MB'`)
  expect(text).not.toContain('primary_conninfo')
  expect(configText({ ...server, primary: { port: 2, password: 'p' } })).toContain('hot_standby_feedback')
  expect(accessText()).not.toMatch(/trust|0\.0\.0\.0|::/)
})

test('a path too long for a socket gets none', () => {
  expect(socketFolderFor('/short')).toBe('/short')
  expect(socketFolderFor(`/${'long'.repeat(30)}`)).toBe('')
})
