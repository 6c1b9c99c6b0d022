// From a customer's text to a place, or a reason why not. The WHATWG parser is the only reader of the text, so that what is
// checked here (octal and hexadecimal IPv4, full-width digits, trailing dots) is what is connected to.
import { isIP } from 'node:net'
import { type OutboundRefusal, refused } from './codes.ts'
import { mayConnect } from './special-use.ts'

export interface Policy {
  /** Networks beside the public internet, in CIDR form, that the operator allows: `127.0.0.0/8` for a demo. */
  readonly allowedNetworks: readonly string[]
  /** Host names and addresses that may be asked without TLS. Empty in production. */
  readonly plainHttpHosts: readonly string[]
  /** Null: every port. */
  readonly ports: readonly number[] | null
}

export interface Target {
  readonly ok: true
  readonly isTls: boolean
  /** A name without its trailing dot, or an address without brackets. */
  readonly host: string
  readonly isAddress: boolean
  readonly port: number
  /** Path and query. */
  readonly path: string
  /** As it belongs into the Host header. */
  readonly authority: string
}

export const URL_LENGTH_MAX = 2048
// Browsers drop tabs and line breaks from addresses and read a backslash as a slash; whoever writes one is not writing an address.
// oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
const UNCLEAN = /[\u0000-\u0020\\\u007f]/
const NAME = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Reads an address and checks everything that can be checked without asking the DNS. */
export function targetOf(text: string, policy: Policy): Target | OutboundRefusal {
  if (text.length > URL_LENGTH_MAX) return refused('url_invalid', `The address is longer than ${URL_LENGTH_MAX} characters.`)
  if (UNCLEAN.test(text) || !URL.canParse(text)) return refused('url_invalid', 'The address is not a valid URL.')
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refused('scheme_forbidden', 'The address must begin with https://.')
  if (url.username !== '' || url.password !== '' || hasUserinfo(text)) return refused('userinfo_forbidden', 'The address must not carry a user name or a password.')
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const isAddress = isIP(host) !== 0
  if (!isAddress && !NAME.test(host)) return refused('url_invalid', 'The host is not a valid name.')
  const isTls = url.protocol === 'https:'
  if (!isTls && !policy.plainHttpHosts.includes(host)) return refused('scheme_forbidden', 'The address must begin with https://.')
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port)
  if (port === 0 || (policy.ports !== null && !policy.ports.includes(port))) return refused('port_forbidden', `Port ${port} is not allowed.`)
  // These names are this machine wherever they are asked (RFC 6761).
  const address = host === 'localhost' || host.endsWith('.localhost') ? '127.0.0.1' : isAddress ? host : null
  if (address !== null && !mayConnect(address, policy.allowedNetworks)) return refused('address_forbidden', 'The address does not lead to the public internet.')
  const named = isIP(host) === 6 ? `[${host}]` : host
  return { ok: true, isTls, host, isAddress, port, path: `${url.pathname}${url.search}`, authority: url.port === '' ? named : `${named}:${port}` }
}

/** `https://@host` has an empty user name, which the parser forgets. */
const hasUserinfo = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/*[^/?#]*@/i.test(text)
