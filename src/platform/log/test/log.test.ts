import { expect, it } from 'vitest'
import { createLog } from '../log.ts'

const written = (run: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] => {
  const lines: string[] = []
  run(createLog('info', { write: (line) => void lines.push(line) }))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

it('one JSON object per line with level, time and the fields of its parents', () => {
  expect(written((log) => log.child({ job: 'a' }).info({ count: 1 }, 'Done.'))).toEqual([{ level: 'info', time: expect.stringMatching(/Z$/) as unknown, job: 'a', count: 1, msg: 'Done.' }])
})

it('below its level nothing is written', () => {
  expect(written((log) => log.debug({}, 'x'))).toEqual([])
})

it('an error comes with its chain of causes, and a circle ends', () => {
  const inner = new Error('inner')
  const outer = new Error('outer', { cause: inner })
  inner.cause = outer
  const [line] = written((log) => log.error({ error: outer }, 'x'))
  expect(line?.['error']).toMatchObject({ message: 'outer', cause: { message: 'inner', cause: { message: 'outer' } } })
})

it('a secret that is logged by mistake is not written', () => {
  expect(JSON.stringify(written((log) => log.info({ token: 'bss_live_x', authorization: 'Bearer x', password: 'p' }, 'x')))).not.toMatch(/bss_live|Bearer|"p"/)
})
