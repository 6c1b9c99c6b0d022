// The parts of the proof that need the whole service: the matrix over HTTP, and mistakes in the code.
import { allStatements, read } from '../../platform/db/statement.ts'
import type { Part } from '../../platform/db/walls/proof.ts'
import { matrixOn, type Servers } from './golden.ts'
import { CODE_MUTANTS } from './mutants.ts'

export async function matrixParts(servers: Servers, onPart: (part: Part) => void): Promise<Part[]> {
  const startedMs = performance.now()
  const { requests, faults, failed, fates, text, neverDone } = await matrixOn(servers, true)
  const predicates = forgottenPredicates()
  const seconds = (performance.now() - startedMs) / 1_000
  const operations = text.split('\n').filter((line) => line.includes('  needs ')).length
  const matrix = { name: 'access matrix', tried: `${requests} requests over ${operations} operations, ${neverDone.length} of them let in and never carried out`, failures: [...failed, ...faults], seconds }
  const survivors = fates.filter((fate) => fate.killedBy === null).map((fate) => `Nobody noticed: ${fate.mutant}.`)
  const killed = fates.length - survivors.length + predicates.tried - predicates.survivors.length
  const code = { name: 'code mutants', tried: `${killed} of ${CODE_MUTANTS.length + predicates.tried} killed, ${predicates.tried} of them statements without their organization`, failures: [...survivors, ...predicates.survivors], seconds: 0 }
  for (const part of [matrix, code]) onPart(part)
  return [matrix, code]
}

/** Every statement of the product with its organization taken out: none may be built. */
export function forgottenPredicates(): { readonly tried: number; readonly survivors: readonly string[] } {
  const survivors: string[] = []
  const statements = allStatements()
  for (const { text, name } of statements) {
    const mutant = text.replaceAll(/organization_id = \$1\b/g, 'true').replaceAll(/\$1\b/g, 'null')
    try {
      read('orders:read', mutant, {})
      survivors.push(`A statement without its organization was built (${name}): ${text.slice(0, 120)}`)
    } catch {
      continue
    }
  }
  return { tried: statements.length, survivors }
}
