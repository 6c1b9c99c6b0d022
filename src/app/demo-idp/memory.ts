// Where the demo's OpenID provider keeps its sessions and codes: in memory, bounded, gone with the process.
import type { Adapter, AdapterPayload } from 'oidc-provider'

interface Kept {
  readonly payload: AdapterPayload
  readonly untilMs: number
}
const ENTRIES_MAX = 5_000

/** One store for all kinds, named by kind and id. */
export function memoryAdapter(): (kind: string) => Adapter {
  const entries = new Map<string, Kept>()
  const live = (name: string): AdapterPayload | undefined => {
    const kept = entries.get(name)
    return kept === undefined || kept.untilMs < Date.now() ? undefined : kept.payload
  }
  return (kind) => {
    const nameOf = (id: string): string => `${kind}:${id}`
    const findBy = (field: 'uid' | 'userCode', value: string): AdapterPayload | undefined => {
      for (const [name, { payload }] of entries) if (name.startsWith(`${kind}:`) && payload[field] === value) return live(name)
      return undefined
    }
    return {
      upsert: (id, payload, seconds) => {
        if (entries.size >= ENTRIES_MAX) for (const name of [...entries.keys()].slice(0, ENTRIES_MAX / 10)) entries.delete(name)
        entries.set(nameOf(id), { payload, untilMs: Date.now() + (seconds ?? 3600) * 1000 })
        return Promise.resolve()
      },
      find: (id) => Promise.resolve(live(nameOf(id))),
      findByUid: (uid) => Promise.resolve(findBy('uid', uid)),
      findByUserCode: (code) => Promise.resolve(findBy('userCode', code)),
      consume: (id) => {
        const kept = entries.get(nameOf(id))
        if (kept !== undefined) entries.set(nameOf(id), { ...kept, payload: { ...kept.payload, consumed: Math.floor(Date.now() / 1000) } })
        return Promise.resolve()
      },
      destroy: (id) => {
        entries.delete(nameOf(id))
        return Promise.resolve()
      },
      revokeByGrantId: (grantId) => {
        for (const [name, { payload }] of entries) if (payload.grantId === grantId) entries.delete(name)
        return Promise.resolve()
      },
    }
  }
}
