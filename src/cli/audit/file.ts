// The form of an exported trail: a first line that says whose it is and where it begins, then one line for each link of the chain.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { ChainEntry } from '../../domains/audit/contract.ts'
import type { ChainedEntry } from '../../platform/crypto/audit-chain.ts'
import { closed } from '../../kernel/schema.ts'

export const FORMAT = 'bss-audit-1'

const Header = Type.Object({
  format: Type.Literal(FORMAT), organizationId: Type.String(), afterPosition: Type.Integer({ minimum: 0 }),
  previousHash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
}, closed)
export type Header = Type.Static<typeof Header>
const header = Compile(Header)
const entry = Compile(ChainEntry)

export const headerLine = ({ organizationId, afterPosition, previousHash }: Omit<Header, 'format'>): string => JSON.stringify({ format: FORMAT, organizationId, afterPosition, previousHash })

/** Always in this order: a line that was written in another one is not what was exported. */
export const entryLine = ({ position, id, at, actorKind, actorId, operation, requestId, what, personal, salt, personalDigest, hash }: ChainedEntry): string =>
  JSON.stringify({ position, id, at, actorKind, actorId, operation, requestId, what, personal, salt, personalDigest, hash })

/** The line as a value when it stands there byte for byte as it is exported; null otherwise. */
export function readHeader(line: string): Header | null {
  const value = parsed(line)
  return header.Check(value) && headerLine(value) === line ? value : null
}
export function readEntry(line: string): ChainedEntry | null {
  const value = parsed(line)
  return entry.Check(value) && entryLine(value) === line ? value : null
}

function parsed(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line)
    return value
  } catch {
    return null
  }
}
