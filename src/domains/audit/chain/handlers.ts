import type { FieldClass } from '../../../kernel/access.ts'
import type { Handlers } from '../../../kernel/contract.ts'
import { cursorOf, PAGE_LIMIT_DEFAULT, readCursor } from '../../../kernel/page.ts'
import { Problem } from '../../../kernel/problem.ts'
import { genesisOf } from '../../../platform/crypto/audit-chain.ts'
import type { Database } from '../../../platform/db/database.ts'
import { query as reading } from '../../../platform/db/read-door.ts'
import { seesEverything } from '../masking.ts'
import type { chainApi, ChainEntry, ChainHead } from './contract.ts'
import { head, links, NO_SALT } from './store.ts'

export const chainHandlers = (database: Database): Handlers<typeof chainApi> => ({
  getAuditChain: async ({ ctx }): Promise<ChainHead> => {
    ctx.needAllSites()
    const [[row]] = await database.fetch(ctx, reading(head))
    return { position: row?.position ?? 0, hash: row?.hash ?? genesisOf(ctx.organizationId), chainedAt: row?.chainedAt ?? null, lagSeconds: row?.lagSeconds ?? 0 }
  },
  listAuditChain: async ({ ctx, query }) => {
    ctx.needAllSites()
    const limit = query.limit ?? PAGE_LIMIT_DEFAULT
    const [rows] = await database.fetch(ctx, reading(links, [query.after === undefined ? (query.afterPosition ?? 0) : positionOf(query.after), limit + 1]))
    const items = rows.slice(0, limit).map((row) => asShown(row, ctx.facts.fieldClasses))
    const last = items.at(-1)
    return { items, nextCursor: rows.length > limit && last !== undefined ? cursorOf([String(last.position)]) : null }
  },
})

interface Stored extends Omit<ChainEntry, 'personal' | 'salt'> {
  readonly personal: string
  readonly salt: string
}
/** The personal part is one text under one digest: it is shown whole, or not at all. The chain can be checked either way. */
function asShown(row: Stored, classes: ReadonlySet<FieldClass>): ChainEntry {
  const isShown = row.salt !== NO_SALT && seesEverything(classes)
  return { ...row, personal: isShown ? row.personal : null, salt: isShown ? row.salt : null }
}

function positionOf(cursor: string): number {
  const text = readCursor(cursor, 1)?.[0] ?? ''
  if (/^[0-9]{1,15}$/.test(text)) return Number(text)
  throw new Problem('bad_request', 'The query is not valid.', { errors: [{ pointer: '/query/after', code: 'cursor', message: 'Must be the nextCursor of the page before.' }] })
}
