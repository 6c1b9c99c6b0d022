import type { Target } from './ground.ts'
import { Tapped } from './tapped.ts'

/** A copy of a database that nobody is connected to, in the same cluster. Rights on the database itself are not copied by PostgreSQL. */
export async function copyDatabase(target: Target, name: string): Promise<Target> {
  const at = (url: string, database: string): string => {
    const changed = new URL(url)
    changed.pathname = `/${database}`
    return changed.href
  }
  const original = decodeURIComponent(new URL(target.primaryUrl).pathname.slice(1))
  const administrator = await Tapped.connect({ connectionString: at(target.superuserUrl, 'postgres') })
  try {
    await administrator.must(`create database "${name}" template "${original}" owner "${new URL(target.primaryUrl).username}"`)
    await administrator.must(`revoke all on database "${name}" from public; grant connect on database "${name}" to bss_app, bss_worker, bss_reader, bss_admin; grant connect, create on database "${name}" to bss_owner`)
  } finally {
    await administrator.close()
  }
  return { ...target, primaryUrl: at(target.primaryUrl, name), superuserUrl: at(target.superuserUrl, name) }
}
