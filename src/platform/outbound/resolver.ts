// Names to addresses, by asking the DNS directly. getaddrinfo would do it on a thread of libuv's pool: a customer's slow name
// server could then hold up the files and the cryptography of everybody else.
import { Resolver as DnsResolver } from 'node:dns/promises'

/** Every address of a name; empty when it has none. It may reject. Tests give their own. */
export type AddressResolver = (name: string) => Promise<readonly string[]>

const TRY_MS = 1_500
const TRIES = 2
const ADDRESSES_MAX = 32

/** The machine's name servers. `localhost` is this machine and no question for them (RFC 6761). */
export const dnsAddresses: AddressResolver = async (name) => {
  if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1']
  const resolver = new DnsResolver({ timeout: TRY_MS, tries: TRIES })
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  // One family without an answer is usual; that nothing came at all is said by the empty list.
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])).slice(0, ADDRESSES_MAX)
}
