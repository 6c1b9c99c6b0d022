// A house with a worker, and what the tests of the chain and its streams ask of it again and again.
import type { Client } from '../../../kernel/client.ts'
import type { ServiceAccountId } from '../../../kernel/ids.ts'
import { openHouse, type House, type HouseOptions } from '../../../../test/setup/house.ts'
import { sql } from '../../../../test/setup/sql.ts'
import { entryLine, headerLine } from '../../../cli/audit/file.ts'
import { genesisOf } from '../../../platform/crypto/audit-chain.ts'
import { identityApi } from '../../identity/contract.ts'
import { auditApi, type ChainEntry } from '../contract.ts'

export interface Grounds {
  readonly house: House
  readonly admin: Client<typeof auditApi>
  readonly auditor: Client<typeof auditApi>
  readonly identity: Client<typeof identityApi>
  /** Leaves an entry in the trail; gives the id of the thing. */
  change(name: string): Promise<ServiceAccountId>
  /** Number of entries of acme's trail, and how many of them are tied on. */
  counts(): Promise<{ readonly entries: number; readonly links: number }>
  chained(): Promise<void>
  chain(): Promise<readonly ChainEntry[]>
  /** The trail as `bss audit export` writes it. */
  exported(): Promise<string>
  peek(text: string, params?: readonly string[]): Promise<readonly (readonly (string | null)[])[]>
}

/** Waits for a condition; says which when it never comes. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`It never came: ${what}`)
}

export async function openGrounds(options: HouseOptions = { withWorker: true }): Promise<Grounds> {
  const house = await openHouse(options)
  const admin = house.client(auditApi, 'tenant_admin')
  const auditor = house.client(auditApi, 'auditor')
  const identity = house.client(identityApi, 'tenant_admin')
  const peek = (text: string, params: readonly string[] = []) => sql(house.superuserUrl, text, params)
  const counts = async () => {
    const [row] = await peek('select (select count(*) from bss.audit_entry where organization_id = $1), (select count(*) from bss.audit_link where organization_id = $1)', [house.acme.id])
    return { entries: Number(row?.[0]), links: Number(row?.[1]) }
  }
  const chain = async (): Promise<readonly ChainEntry[]> => {
    const all: ChainEntry[] = []
    let after: string | null = null
    do {
      const page: Awaited<ReturnType<typeof auditor.listAuditChain>> = await auditor.listAuditChain({ query: { limit: 200, ...(after === null ? {} : { after }) } })
      all.push(...page.items)
      after = page.nextCursor
    } while (after !== null)
    return all
  }
  return {
    house, admin, auditor, identity, counts, chain, peek,
    change: async (name) => (await identity.createServiceAccount({ body: { name, role: 'planner' } })).id,
    chained: () => until('every entry is tied on', async () => {
      const { entries, links } = await counts()
      return entries === links
    }),
    exported: async () => [headerLine({ organizationId: house.acme.id, afterPosition: 0, previousHash: genesisOf(house.acme.id) }), ...(await chain()).map(entryLine)].map((line) => `${line}\n`).join(''),
  }
}
