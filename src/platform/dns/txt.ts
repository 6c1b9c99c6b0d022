// TXT records, by which a customer proves that a domain is theirs.
import { Resolver } from 'node:dns/promises'

/** Nobody could say whether there is a record; that is not the same as that there is none. */
export class TxtLookupError extends Error {
  override readonly name = 'TxtLookupError'
  readonly code: 'timeout' | 'unreachable'
  constructor(code: TxtLookupError['code'], cause?: unknown) {
    super(code === 'timeout' ? 'The name servers did not answer in time.' : 'The name servers could not be asked.', { cause })
    this.code = code
  }
}

/** The TXT records of a name; none is an empty list. Rejects with TxtLookupError. The real one is `createTxtResolver`; tests give their own. */
export type TxtResolver = (name: string) => Promise<readonly string[]>

export interface TxtOptions {
  /** For the whole look-up; 4 s. */
  readonly timeoutMs?: number
  /** Name servers as `address` or `address:port`; the machine's own by default. */
  readonly servers?: readonly string[]
}

export const TXT_RECORDS_MAX = 100
export const TXT_LENGTH_MAX = 1024

/** Asks the DNS. A record's parts are joined; overlong records are left out, since no proof of ours is among them. */
export function createTxtResolver({ timeoutMs = 4_000, servers }: TxtOptions = {}): TxtResolver {
  return async (name) => {
    const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / 2), tries: 2 })
    if (servers !== undefined) resolver.setServers(servers)
    const { promise: late, reject: giveUp } = Promise.withResolvers<never>()
    const timer = setTimeout(() => giveUp(new TxtLookupError('timeout')), timeoutMs)
    try {
      return await Promise.race([answerOf(resolver, name), late])
    } finally {
      clearTimeout(timer)
      resolver.cancel()
    }
  }
}

async function answerOf(resolver: Resolver, name: string): Promise<readonly string[]> {
  try {
    const found = await resolver.resolveTxt(name)
    return found.map((parts) => parts.join('')).filter((record) => record.length <= TXT_LENGTH_MAX).slice(0, TXT_RECORDS_MAX)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EBADNAME') return []
    throw new TxtLookupError(code === 'ETIMEOUT' ? 'timeout' : 'unreachable', error)
  }
}
