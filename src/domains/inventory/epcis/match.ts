// What `MATCH_…` parameters mean (EPCIS 2.0 §8.2.7.1.1): a pattern finds all that fits it, any other URI exactly itself.
import { Problem } from '../../../kernel/problem.ts'

const PATTERN = /^urn:epc:idpat:([a-z]+):(.+)$/
/** Wildcards only at the end: once something is left open, all that follows is. */
const PARTS = /^([^*]*?)(\*(?:\.\*)*)?$/
/** Behind a value of which only the beginning is known; no URI has a space. */
export const OPEN = ' '

/** The values of one parameter as the query looks for them; one that ends in a space is the beginning of what is looked for. */
export function lookedFor(name: string, value: string): string {
  return value.split('|').flatMap((each): string[] => {
    const [, scheme, rest] = PATTERN.exec(each) ?? []
    if (scheme === undefined || rest === undefined) return [each]
    const [, head, wildcards] = PARTS.exec(rest) ?? []
    if (head === undefined || (wildcards !== undefined && head !== '' && !head.endsWith('.'))) {
      throw new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: `/query/${name}`, code: 'pattern', message: `${each} is no pattern: * stands for a whole part, and for all that follow.` }] })
    }
    // A class may have been told as the pattern itself. Lots have names as classes only.
    return [each, `urn:epc:${scheme === 'lgtin' ? 'class' : 'id'}:${scheme}:${head}${wildcards === undefined ? '' : OPEN}`]
  }).join('|')
}
