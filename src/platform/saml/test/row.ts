import type { RefusalCode } from '../refusal.ts'
import type { ResponseExpected } from '../response.ts'
import { build, type Recipe } from './recipe.ts'

/** One attack. Its base, without the attack, must be accepted; with the attack it must be refused with exactly this code. */
export interface Row {
  readonly name: string
  readonly code: RefusalCode
  readonly base?: Recipe
  /** The parts that are forged, on top of the base. */
  readonly forged?: Recipe
  /** What is done to the finished text. */
  readonly change?: (xml: string) => string
  /** What is done to the finished base64. */
  readonly changeBase64?: (base64: string) => string
  /** What the service expects, in both runs. */
  readonly expected?: Partial<ResponseExpected>
  /** What the service expects in the attack alone. */
  readonly expectedInAttack?: Partial<ResponseExpected>
}

export const honestText = (row: Row): string => build(row.base ?? {})

export function attackText(row: Row): string {
  if (row.forged === undefined) return row.change?.(honestText(row)) ?? honestText(row)
  const { base = {}, forged } = row
  const recipe: Recipe = {
    ...base, ...forged, assertion: { ...base.assertion, ...forged.assertion }, response: { ...base.response, ...forged.response }, signature: { ...base.signature, ...forged.signature },
  }
  const text = build(recipe)
  return row.change?.(text) ?? text
}

/** Replaces exactly one place; a forger who misses the place would prove nothing. */
export function swap(xml: string, from: string | RegExp, to: string): string {
  const changed = xml.replace(from, () => to)
  if (changed === xml) throw new Error(`There is no ${String(from)} to forge`)
  return changed
}
