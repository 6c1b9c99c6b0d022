// The matrix on a real service: for the golden, the proof and the mutants of the code.
import { createOperatorKey } from '../../domains/identity/index.ts'
import { openDatabase } from '../../platform/db/database.ts'
import { silentLog } from '../../platform/log/log.ts'
import { openOrganization } from '../people.ts'
import { startService } from '../service.ts'
import { runMatrix, type MatrixReport } from './matrix.ts'
import { mutateCode, type CodeMutantFate } from './mutants.ts'
import { prepareMatrix } from './prepare.ts'

export interface Servers {
  readonly primaryUrl: string
  readonly superuserUrl: string
  readonly secret: Uint8Array
}
export interface MatrixRun extends MatrixReport {
  /** Kinds of things that could not be made to ask for. */
  readonly failed: readonly string[]
  readonly fates: readonly CodeMutantFate[]
}

/** Starts the API on a migrated database, opens two organizations and asks everything; with mutants, also what would be noticed. */
export async function matrixOn({ primaryUrl, superuserUrl, secret }: Servers, withMutants: boolean): Promise<MatrixRun> {
  const wide = { perSecond: 100_000, burst: 100_000 }
  const service = await startService({ primaryUrl, replicaUrls: [], secret, log: silentLog, http: { port: 0, publicRequests: wide, failures: wide }, withWorker: false, poolSize: 8 })
  try {
    const url = service.url ?? ''
    const database = openDatabase({ primaryUrl, replicaUrls: [], secret, role: 'bss_app', poolSize: 2 })
    const { secret: operatorKey } = await createOperatorKey(database, { name: 'access matrix' })
    await database.close()
    const own = await openOrganization({ url, operatorKey, slug: 'acme', name: 'Acme Logistics' })
    const foreign = await openOrganization({ url, operatorKey, slug: 'globex', name: 'Globex Trading' })
    const { options, failed } = await prepareMatrix({ url, operatorKey, own, foreign, superuserUrl })
    const report = await runMatrix(options)
    return { ...report, failed, fates: withMutants ? await mutateCode({ primaryUrl, secret }, options) : [] }
  } finally {
    await service.stop()
  }
}

/** The text of golden/access-matrix.txt; throws when the matrix does not hold by itself. */
export async function accessMatrixText(servers: Omit<Servers, 'secret'>): Promise<string> {
  const { text, faults, failed } = await matrixOn({ ...servers, secret: Buffer.alloc(32, 1) }, false)
  const wrong = [...failed, ...faults]
  if (wrong.length > 0) throw new Error(`The access matrix does not hold:\n${wrong.join('\n')}`)
  return text
}
