// The proof of the walls in the database: catalogue, behaviour, fuzz, mutation. Each part says how much it tried and what it found.
import { ALLOWED } from './allowed.ts'
import type { Leak } from './attack.ts'
import { tryBehaviour } from './behaviour.ts'
import { checkWalls, needlessEntries, RULES, violationText } from './check.ts'
import { fuzz } from './fuzz.ts'
import { openGround, type OpenGround, type Target } from './ground.ts'
import { mutate } from './mutation.ts'
import { RUNTIME_ROLES } from './rule.ts'

export interface Part {
  readonly name: string
  /** One sentence with the figures. */
  readonly tried: string
  /** Leaks, violations, surviving mutants: each is a failure. */
  readonly failures: readonly string[]
  readonly seconds: number
}
export interface ProofOptions {
  readonly isQuick: boolean
  readonly seed: number
  readonly onPart?: (part: Part) => void
}

const FUZZ = { quick: 1_000, full: 20_000 } as const
const EVIDENCE_MAX = 500

export async function proveWalls(target: Target, options: ProofOptions): Promise<Part[]> {
  const parts: Part[] = []
  const run = async (name: string, work: () => Promise<Pick<Part, 'tried' | 'failures'>>): Promise<void> => {
    const startedMs = performance.now()
    const part = { name, ...(await work()), seconds: (performance.now() - startedMs) / 1_000 }
    parts.push(part)
    options.onPart?.(part)
  }
  const ground = await openGround(target, options.seed)
  try {
    await run('catalogue', () => catalogue(ground))
    await run('behaviour', () => behaviour(ground, options.isQuick))
    await run('fuzz', () => fuzzed(ground, options))
    await run('mutation', () => mutated(ground))
  } finally {
    await ground.close()
  }
  return parts
}

async function catalogue({ superuser, world }: OpenGround): Promise<Pick<Part, 'tried' | 'failures'>> {
  const run = (text: string): ReturnType<typeof superuser.must> => superuser.must(text)
  const needless = (await needlessEntries(run)).map(({ rule, object }) => `The allow-list names ${object} for ${rule}, and nothing needs it any more.`)
  return { tried: `${RULES.length} rules over ${world.tables.length} tables, ${ALLOWED.length} allowed exceptions`, failures: [...(await checkWalls(run)).map(violationText), ...needless] }
}

async function behaviour(ground: OpenGround, isQuick: boolean): Promise<Pick<Part, 'tried' | 'failures'>> {
  const { world } = ground
  const report = await tryBehaviour(ground, { roles: RUNTIME_ROLES, withRoleAttacks: true, thin: isQuick ? 5 : 1 })
  const blind = report.twins > 0 && report.telling === 0 ? ['No question about a reference could have told anything: the oracles are blind.'] : []
  const unplanted = world.unplanted.map((line) => `No row could be planted: ${line}`)
  const tried = `${report.tried} attacks by ${RUNTIME_ROLES.length} roles on ${world.tables.length} tables with ${world.canaries.length} canaries; ${report.twins} questions about references, ${report.telling} of them with an own thing that answers otherwise`
  return { tried, failures: [...unplanted, ...blind, ...report.leaks.map(leakText)] }
}

async function fuzzed(ground: OpenGround, { isQuick, seed }: ProofOptions): Promise<Pick<Part, 'tried' | 'failures'>> {
  const report = await fuzz(ground, { statements: isQuick ? FUZZ.quick : FUZZ.full, seed })
  const idle = report.carriedOut * 5 < report.tried ? ['Hardly any statement was carried out: the fuzz proves nothing.'] : []
  return { tried: `${report.tried} statements of seed ${seed}, ${report.carriedOut} carried out`, failures: [...idle, ...report.leaks.map(leakText)] }
}

async function mutated(ground: OpenGround): Promise<Pick<Part, 'tried' | 'failures'>> {
  const { fates, untestedRules } = await mutate(ground)
  const survivors = fates.filter((fate) => fate.killedBy === null).map((fate) => `Nobody noticed: ${fate.mutant}.`)
  const untested = untestedRules.map((id) => `No mutant sets off the rule ${id}.`)
  const by = (who: string): number => fates.filter((fate) => fate.by === who).length
  return { tried: `${fates.length - survivors.length} of ${fates.length} mutants killed, ${by('catalogue')} by the catalogue and ${by('behaviour')} by the behaviour`, failures: [...survivors, ...untested] }
}

const leakText = ({ where, what, evidence }: Leak): string => `${where}: ${what} [${evidence.slice(0, EVIDENCE_MAX)}]`
