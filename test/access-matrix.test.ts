import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareMatrix } from '../src/app/access-matrix/prepare.ts'
import { runMatrix, type MatrixReport } from '../src/app/access-matrix/matrix.ts'
import { openHouse, type House } from './setup/house.ts'

let house: House
let failed: readonly string[]
let report: MatrixReport
beforeAll(async () => {
  house = await openHouse()
  const prepared = await prepareMatrix({ url: house.url, operatorKey: house.operatorKey, own: house.acme, foreign: house.globex, superuserUrl: house.superuserUrl })
  failed = prepared.failed
  report = await runMatrix(prepared.options)
}, 400_000)
afterAll(() => house.close())

describe('every operation × every role × own, foreign, missing', () => {
  it('there is one thing of each kind to ask for', () => expect(failed).toEqual([]))
  it('strangers get 401, roles without the permission 403, foreign and missing things the same bytes', () => expect(report.faults).toEqual([]))
  it('is what golden/access-matrix.txt says (npm run gen)', () => {
    expect(report.text).toBe(readFileSync(new URL('../golden/access-matrix.txt', import.meta.url), 'utf8'))
  })
})
