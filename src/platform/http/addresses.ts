// Which addresses a key may be used from. Prefixes are compared as numbers by node:net, never as text.
import { BlockList, isIP } from 'node:net'

interface Prefix {
  readonly address: string
  readonly bits: number
  readonly family: 'ipv4' | 'ipv6'
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; null when it is none of them. */
function prefixOf(text: string): Prefix | null {
  const [address = '', bitsText, ...rest] = text.split('/')
  const version = isIP(address)
  // A zone (fe80::1%eth0) names an interface of one machine and means nothing here.
  if (version === 0 || rest.length > 0 || address.includes('%')) return null
  const most = version === 4 ? 32 : 128
  if (bitsText !== undefined && !/^(0|[1-9][0-9]{0,2})$/.test(bitsText)) return null
  const bits = bitsText === undefined ? most : Number(bitsText)
  return bits > most ? null : { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' }
}

export const isCidr = (text: string): boolean => prefixOf(text) !== null

/** An IPv4 caller on a socket that speaks both families arrives as `::ffff:192.0.2.1`; it is the same caller. */
const plain = (address: string): string => /^::ffff:([0-9.]+)$/i.exec(address)?.[1] ?? address

/** True when the address lies within one of the prefixes. A prefix that cannot be read lets nobody in. */
export function isWithin(address: string, cidrs: readonly string[]): boolean {
  const caller = plain(address)
  const version = isIP(caller)
  if (version === 0) return false
  const list = new BlockList()
  for (const cidr of cidrs) {
    const prefix = prefixOf(cidr)
    if (prefix !== null) list.addSubnet(prefix.address, prefix.bits, prefix.family)
  }
  return list.check(caller, version === 4 ? 'ipv4' : 'ipv6')
}
