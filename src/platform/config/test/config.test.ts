import { describe, expect, it } from 'vitest'
import { readConfig } from '../config.ts'

const read = (env: Record<string, string>) => readConfig(env, '/nowhere')

describe('settings', () => {
  it('are usable when nothing is set: the demo, on this machine only', () => {
    expect(read({})).toMatchObject({ host: '127.0.0.1', port: 8080, publicUrl: null, isDemo: true, databaseUrl: null, outboundNetworks: [] })
  })
  it.each([
    [{ NODE_ENV: 'production' }, /NODE_ENV is production, and the demo is on/],
    [{ BSS_HOST: '0.0.0.0' }, /BSS_HOST is 0\.0\.0\.0, and the demo is on/],
    [{ BSS_PUBLIC_URL: 'https://ops.example.com' }, /BSS_PUBLIC_URL is .*, and the demo is on/],
  ])('refuse the demo, whose people have no passwords, where others could reach it: %o', (env, sentence) => {
    expect(read({ ...env, BSS_DEMO: '0' }).isDemo).toBe(false)
    expect(() => read(env)).toThrow(sentence)
  })
  it.each([
    [{ BSS_PUBLIC_URL: 'ops.example.com' }, /BSS_PUBLIC_URL/], [{ BSS_PUBLIC_URL: 'https://ops.example.com/path', BSS_DEMO: '0' }, /without a path/],
    [{ BSS_OUTBOUND_NETWORKS: '10.0.0.0' }, /BSS_OUTBOUND_NETWORKS/], [{ BSS_OUTBOUND_NETWORKS: '10.0.0.0/8, intranet' }, /"intranet"/],
    [{ BSS_PORT: '99999' }, /BSS_PORT/], [{ DATABASE_URL: 'mysql://x' }, /DATABASE_URL/], [{ DATABASE_URL: 'postgres://x/y' }, /BSS_SECRET is not set/],
  ])('that make no sense are refused with one sentence: %o', (env, sentence) => {
    expect(() => read(env)).toThrow(sentence)
  })
  it('name private networks for those who need them', () => {
    expect(read({ BSS_OUTBOUND_NETWORKS: '10.0.0.0/8, fd00::/8' }).outboundNetworks).toEqual(['10.0.0.0/8', 'fd00::/8'])
  })
})
