// Weakens the walls on purpose, one at a time, and asks whether the proof notices.
import { tryBehaviour, type Ground } from './behaviour.ts'
import { checkWalls, RULES, violationText, type Run } from './check.ts'
import { chooseVictims, type Mutant } from './mutant.ts'
import { rightsMutants } from './mutants-of-rights.ts'
import { tableMutants } from './mutants-of-tables.ts'

export interface Fate {
  readonly mutant: string
  /** The rule or the attack that noticed; null when nothing did. */
  readonly killedBy: string | null
  readonly by: 'catalogue' | 'behaviour' | null
  /** Every rule that noticed. */
  readonly rules: readonly string[]
}
export interface MutationReport {
  readonly fates: readonly Fate[]
  /** Rules that no mutant has set off: whether they work at all is unknown. */
  readonly untestedRules: readonly string[]
}

/** Works on a database that nobody else uses: some mutants are really applied, and repaired afterwards. */
export async function mutate(ground: Ground, onProgress: (done: number, total: number) => void = () => undefined): Promise<MutationReport> {
  await requireSound(ground, 'before the first mutant')
  const { superuser, world } = ground
  const victims = await chooseVictims(superuser, world)
  const mutants = [...tableMutants(victims), ...(await rightsMutants(superuser, victims))]
  const total = mutants.length + mutants.filter((mutant) => mutant.repair !== undefined).length
  const fates: Fate[] = []
  for (const mutant of mutants) {
    const isInBody = mutant.repair !== undefined && mutant.apply.some((text) => text.startsWith('CREATE OR REPLACE FUNCTION'))
    if (!isInBody) fates.push(await meetCatalogue(ground, mutant))
    // The wall has to hold without the catalogue's eye as well: what can be felt, the behaviour must feel.
    if (mutant.repair !== undefined) fates.push(await meetBehaviour(ground, mutant, mutant.repair))
    onProgress(fates.length, total)
  }
  await requireSound(ground, 'after the last mutant')
  const rules = new Set(fates.flatMap((fate) => fate.rules))
  return { fates, untestedRules: RULES.map((rule) => rule.id).filter((id) => !rules.has(id)) }
}

/** A wall that is broken anyway would make every mutant look noticed. */
async function requireSound({ superuser }: Ground, when: string): Promise<void> {
  const violations = await checkWalls((text) => superuser.must(text))
  if (violations.length > 0) throw new Error(`The walls do not stand ${when}: ${violations.map(violationText).join('; ')}`)
}

/** In a transaction that is rolled back: rights, roles and definitions are transactional in PostgreSQL. */
async function meetCatalogue({ superuser }: Ground, mutant: Mutant): Promise<Fate> {
  const run: Run = (text) => superuser.must(text)
  await superuser.must('begin')
  try {
    for (const text of mutant.apply) await superuser.must(text)
    await superuser.must('reset role')
    const violations = await checkWalls(run)
    const [violation] = violations
    return { mutant: mutant.name, killedBy: violation === undefined ? null : `${violation.rule} (${violation.object})`, by: violation === undefined ? null : 'catalogue', rules: violations.map((each) => each.rule) }
  } finally {
    await superuser.must('rollback')
  }
}

async function meetBehaviour(ground: Ground, mutant: Mutant, repair: readonly string[]): Promise<Fate> {
  const { superuser } = ground
  await superuser.must(`begin; ${mutant.apply.join(';')}; commit`)
  try {
    const { leaks } = await tryBehaviour(ground, { roles: ['bss_app'], ...(mutant.tables === undefined ? {} : { tables: new Set(mutant.tables) }), withRoleAttacks: mutant.isOfRole === true, stopAtFirst: true })
    const [leak] = leaks
    return { mutant: `${mutant.name} (behaviour)`, killedBy: leak === undefined ? null : `${leak.where}: ${leak.what}`, by: leak === undefined ? null : 'behaviour', rules: [] }
  } finally {
    await superuser.must(`begin; ${repair.join(';')}; commit`)
  }
}
