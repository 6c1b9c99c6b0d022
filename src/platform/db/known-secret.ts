import { connectOrExplain } from './fitness.ts'
import { ownerConfig } from './pool.ts'

/** Was this database set up by a service before? Then a secret was there, and what was sealed is sealed with that one. */
export async function hasSealed(url: string): Promise<boolean> {
  const wire = await connectOrExplain(ownerConfig(url, 'blue-ship-sync secret'))
  try {
    const [result] = await wire.send([{ name: '', text: "select to_regclass('sec.seal_key') is not null", params: [] }])
    return result?.rows[0]?.[0] === 't'
  } finally {
    await wire.close()
  }
}
