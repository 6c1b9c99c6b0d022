import { createSocket } from 'node:dgram'
import { afterEach, expect, test } from 'vitest'
import { createTxtResolver, TXT_RECORDS_MAX } from '../txt.ts'

type Reply = { readonly code?: number; readonly records?: readonly (readonly string[])[]; readonly isSilent?: boolean }
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A name server with one answer, on 127.0.0.1. */
async function nameServer(reply: Reply): Promise<{ servers: string[]; asked: () => number }> {
  const socket = createSocket('udp4')
  let asked = 0
  socket.on('message', (query, from) => {
    asked += 1
    if (reply.isSilent === true) return
    const records = reply.records ?? []
    const endOfName = query.indexOf(0, 12) + 1
    const head = Buffer.from(query.subarray(0, 12))
    head.writeUInt16BE(0x8180 | (reply.code ?? 0), 2)
    head.writeUInt16BE(records.length, 6)
    head.writeUInt16BE(0, 10)
    const answers = records.map((parts) => {
      const data = Buffer.concat(parts.map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)])))
      const fixed = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 0])
      fixed.writeUInt16BE(data.length, 10)
      return Buffer.concat([fixed, data])
    })
    socket.send(Buffer.concat([head, query.subarray(12, endOfName + 4), ...answers]), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  closers.push(() => socket.close())
  return { servers: [`127.0.0.1:${socket.address().port}`], asked: () => asked }
}

test('records arrive with their parts joined', async () => {
  const { servers } = await nameServer({ records: [['v=spf1 -all'], ['bss-verify=', 'abc']] })
  expect(await createTxtResolver({ servers })('example.com')).toEqual(['v=spf1 -all', 'bss-verify=abc'])
})
test('an overlong record is left out, the rest stays', async () => {
  const { servers } = await nameServer({ records: [Array.from({ length: 5 }, () => 'x'.repeat(250)), ['short']] })
  expect(await createTxtResolver({ servers })('example.com')).toEqual(['short'])
})
test('a flood of records is cut', async () => {
  const { servers } = await nameServer({ records: Array.from({ length: TXT_RECORDS_MAX + 20 }, (_, index) => [`r${index}`]) })
  expect(await createTxtResolver({ servers })('example.com')).toHaveLength(TXT_RECORDS_MAX)
})
test('no such name, no such record, a name that is none', async () => {
  const missing = await nameServer({ code: 3 })
  expect(await createTxtResolver(missing)('example.com')).toEqual([])
  const bare = await nameServer({ records: [] })
  expect(await createTxtResolver(bare)('example.com')).toEqual([])
  expect(await createTxtResolver(bare)(`${'a'.repeat(64)}.com`)).toEqual([])
})
test('a name server that fails, and one that is silent', async () => {
  const failing = await nameServer({ code: 2 })
  await expect(createTxtResolver(failing)('example.com')).rejects.toMatchObject({ name: 'TxtLookupError', code: 'unreachable' })
  const silent = await nameServer({ isSilent: true })
  await expect(createTxtResolver({ ...silent, timeoutMs: 200 })('example.com')).rejects.toMatchObject({ name: 'TxtLookupError', code: 'timeout' })
  expect(silent.asked()).toBeGreaterThan(0)
})
