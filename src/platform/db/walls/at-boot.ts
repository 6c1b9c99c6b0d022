// Before the first request the service asks the catalogue whether the walls stand, and tries the seal. It refuses to start on a
// broken wall: an hour without service costs less than an order in the wrong hands.
import { randomUUID } from 'node:crypto'
import { createSealer, rolePassword } from '../../crypto/seal.ts'
import { idOf } from '../../../kernel/ids.ts'
import { connectOrExplain } from '../fitness.ts'
import { wireConfig } from '../pool.ts'
import { ServerError, type Wire } from '../wire.ts'
import { checkWalls, violationText, type Run } from './check.ts'

/** The walls do not stand; the message names each rule and object. */
export class BrokenWalls extends Error {
  override readonly name = 'BrokenWalls'
  readonly violations: readonly string[]
  constructor(violations: readonly string[]) {
    super(`The walls between the organizations are broken; the service does not start.\n${violations.map((line) => `  ${line}`).join('\n')}`)
    this.violations = violations
  }
}

/** Connects as the reader, whose rights are the least, and throws `BrokenWalls` when a rule or the seal does not hold. */
export async function refuseBrokenWalls({ url, secret }: { url: string; secret: Uint8Array }): Promise<void> {
  const user = 'bss_reader'
  const wire = await connectOrExplain(wireConfig({ url, user, password: rolePassword(secret, user), size: 1, applicationName: 'blue-ship-sync walls', statementTimeoutMs: 30_000 }))
  try {
    const run: Run = async (text) => (await wire.send([{ name: '', text, params: [] }]))[0]?.rows ?? []
    const broken = [...(await checkWalls(run)).map(violationText), ...(await brokenSeal(wire, secret))]
    if (broken.length > 0) throw new BrokenWalls(broken)
  } finally {
    await wire.close()
  }
}

/** Contexts that must be refused, made from a genuine one, and the genuine one itself. */
async function brokenSeal(wire: Wire, secret: Uint8Array): Promise<string[]> {
  const subject = { organizationId: idOf<'Organization'>(randomUUID()), actorId: idOf<'Actor'>(randomUUID()), role: 'none' }
  const genuine = createSealer(secret)(subject)
  const stale = createSealer(secret, () => Date.now() - 3_600_000)(subject)
  const answers = async (context: string): Promise<string> => {
    try {
      const results = await wire.send([
        { name: 'bss_try_context', text: "select set_config('app.ctx', $1, true)", params: [context] },
        { name: 'bss_try_org', text: 'select sec.org()::text', params: [] },
      ])
      return results[1]?.rows[0]?.[0] ?? 'nothing'
    } catch (error) {
      if (error instanceof ServerError) return error.sqlState
      throw error
    }
  }
  const tries: readonly (readonly [string, string, string])[] = [
    ['a genuine context', genuine, subject.organizationId],
    ['no context', '', 'BS001'],
    ['a context of another organization under the same seal', genuine.replace(subject.organizationId, randomUUID()), 'BS001'],
    ['a context with a changed seal', genuine.slice(0, -1) + (genuine.endsWith('0') ? '1' : '0'), 'BS001'],
    ['an expired context', stale, 'BS002'],
  ]
  const broken: string[] = []
  for (const [name, context, expected] of tries) {
    const answer = await answers(context)
    if (answer !== expected) broken.push(`seal: ${name} is answered by ${answer} instead of ${expected}.`)
  }
  return broken
}
