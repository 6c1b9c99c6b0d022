// All rules of the catalogue in one question. The catalogue can be read by every role, so the service asks it at each start.
import { ALLOWED, type Allowed } from './allowed.ts'
import { FUNCTION_RULES } from './rules-functions.ts'
import { GRANT_RULES } from './rules-grants.ts'
import { KEY_RULES } from './rules-keys.ts'
import { TABLE_RULES } from './rules-tables.ts'
import type { Rule, Violation } from './rule.ts'

export const RULES: readonly Rule[] = [...TABLE_RULES, ...KEY_RULES, ...GRANT_RULES, ...FUNCTION_RULES]

/** Runs one statement; gives its rows as text. */
export type Run = (text: string) => Promise<readonly (readonly (string | null)[])[]>

const QUESTION = RULES.map(({ id, query }) => `select '${id}'::text, found.object::text, found.detail::text from (${query}) as found (object, detail)`).join('\nunion all\n')

/** What the catalogue holds against the walls; empty when they stand. Entries of the allow-list are left out. */
export async function checkWalls(run: Run): Promise<Violation[]> {
  return (await findings(run)).filter(({ rule, object }) => !isAllowed(rule, object))
}

/** Entries of the allow-list that nothing needs any more: the list may only shrink, so they have to go. */
export async function needlessEntries(run: Run): Promise<Allowed[]> {
  const found = await findings(run)
  return ALLOWED.filter((entry) => !found.some(({ rule, object }) => rule === entry.rule && object === entry.object))
}

async function findings(run: Run): Promise<Violation[]> {
  const sentences = new Map(RULES.map(({ id, sentence }) => [id, sentence]))
  const rows = await run(QUESTION)
  return rows.map(([rule, object, detail]) => ({ rule: rule ?? '', sentence: sentences.get(rule ?? '') ?? '', object: object ?? '', detail: detail ?? '' }))
}

const isAllowed = (rule: string, object: string): boolean => ALLOWED.some((entry) => entry.rule === rule && entry.object === object)

/** One line for people: the rule, the object, what is wrong with it. */
export const violationText = ({ rule, object, detail, sentence }: Violation): string => `${rule}: ${object}: ${detail}. (${sentence})`
