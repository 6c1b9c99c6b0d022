// What a check constraint, as PostgreSQL prints it, says about the texts it allows.

const unquoted = (text: string): string => text.replaceAll("''", "'")

/** Regular expressions the column is matched against. */
export const patterns = (check: string): string[] => [...check.matchAll(/~ '((?:[^']|'')*)'/g)].map((match) => unquoted(match[1] ?? ''))

/** Texts the column is compared with: the members of a closed list. */
export const words = (check: string): string[] =>
  [...check.matchAll(/(~\*?|~~\*?|<>|interval) ?'(?:[^']|'')*'|'((?:[^']|'')*)'::text/g)].flatMap((match) => (match[2] === undefined ? [] : [unquoted(match[2])])).filter((word) => word !== '')
