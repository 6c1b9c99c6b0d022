// `bss audit export`: the chain with everything that `bss audit verify` needs, page after page.
import { auditApi, type ChainEntry } from '../../domains/audit/contract.ts'
import { tenancyApi } from '../../domains/tenancy/contract.ts'
import { clientOf } from '../../kernel/client.ts'
import { PAGE_LIMIT_MAX } from '../../kernel/page.ts'
import { genesisOf } from '../../platform/crypto/audit-chain.ts'
import { connect } from '../connection.ts'
import { CliError, EXIT, usageError } from '../exit.ts'
import { textOf } from '../flags.ts'
import { connectionOptionsOf } from '../operate.ts'
import type { HandMadeCommand } from '../run.ts'
import { stopIfAsked } from '../world.ts'
import { entryLine, headerLine } from './file.ts'

export const auditExport: HandMadeCommand = {
  noun: 'audit',
  word: 'export',
  usage: 'audit export [--after N] > FILE',
  summary: 'the trail as a file that can be verified without a server',
  options: [['--after N', 'begin behind this position of the chain; what came before is in an earlier file']],
  notes: [
    'One line of JSON for each entry, in the order of the chain. Position and hash of the last one are said at the end: keep them somewhere else.',
    'A key without every field class (the Auditor has all) exports the chain without names and values; it can be verified all the same.',
  ],
  examples: [{ line: 'audit export --organization acme --role auditor > audit.ndjson', says: 'The whole trail' }, { line: 'audit export --after 120000 > audit-2.ndjson', says: 'What has come since the last export' }],
  parse: { after: { type: 'string' } },
  run: async (world, positionals, typed) => {
    if (positionals.length > 0) throw usageError(`"${positionals[0] ?? ''}" is one word too many.`, 'The export is written to standard output: add > FILE.')
    const afterPosition = positionOf(textOf(typed, 'after') ?? '0')
    const { sender } = await connect(world, connectionOptionsOf(typed), false)
    const audit = clientOf(auditApi, sender)
    const { id: organizationId } = await clientOf(tenancyApi, sender).getMyOrganization()
    const previousHash = afterPosition === 0 ? genesisOf(organizationId) : await hashAt(audit, afterPosition)
    world.out.write(`${headerLine({ organizationId, afterPosition, previousHash })}\n`)
    let last: Pick<ChainEntry, 'position' | 'hash'> = { position: afterPosition, hash: previousHash }
    let after: string | null = null
    do {
      stopIfAsked(world)
      const page: Awaited<ReturnType<Audit['listAuditChain']>> = await audit.listAuditChain({ query: { limit: PAGE_LIMIT_MAX, ...(after === null ? { afterPosition } : { after }) } })
      world.out.write(page.items.map((entry) => `${entryLine(entry)}\n`).join(''))
      last = page.items.at(-1) ?? last
      after = page.nextCursor
    } while (after !== null)
    world.talk.write(`${last.position - afterPosition} entries. The chain ends at ${last.position}:${last.hash}\n`)
    return EXIT.ok
  },
}

type Audit = ReturnType<typeof clientOf<typeof auditApi>>

function positionOf(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw usageError(`--after is "${text}". It must be a position of the chain: a whole number.`)
  return Number(text)
}

async function hashAt(audit: Audit, position: number): Promise<string> {
  const { items: [entry] } = await audit.listAuditChain({ query: { afterPosition: position - 1, limit: 1 } })
  if (entry === undefined) throw new CliError(EXIT.failed, `The chain does not reach position ${position} yet.`, '`bss audit head` says how long it is.')
  return entry.hash
}
