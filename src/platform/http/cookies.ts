// Cookies in and out. On https they carry the `__Host-` prefix, which ties them to this host and to nothing wider; a plain name
// serves http on this machine only.
import type { IncomingHttpHeaders } from 'node:http'

export interface Cookie {
  readonly name: 'session' | 'sign_in' | 'setup' | 'staff'
  /** Empty: the cookie is removed. */
  readonly value: string
  /** Absent: until the browser closes. */
  readonly maxAgeSeconds?: number
}

const NAMES = { session: 'bss', sign_in: 'bss_sign_in', setup: 'bss_setup', staff: 'bss_staff' } as const satisfies Record<Cookie['name'], string>
const nameOf = (name: Cookie['name'], isSecure: boolean): string => `${isSecure ? '__Host-' : ''}${NAMES[name]}`

/** The value of a cookie of ours, or null. Two of one name are as good as none: somebody else has set one of them. */
export function readCookie(headers: IncomingHttpHeaders, name: Cookie['name'], isSecure: boolean): string | null {
  const wanted = `${nameOf(name, isSecure)}=`
  const found = (headers.cookie ?? '').split(';').map((part) => part.trim()).filter((part) => part.startsWith(wanted))
  const value = found[0]?.slice(wanted.length) ?? ''
  return found.length === 1 && /^[\w.-]{1,400}$/.test(value) ? value : null
}

/** `SameSite=Lax`: the browser sends it when a person comes back from their provider, and not with what other sites' pages post. */
export function cookieHeader({ name, value, maxAgeSeconds }: Cookie, isSecure: boolean): string {
  const age = value === '' ? '; Max-Age=0' : maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`
  return `${nameOf(name, isSecure)}=${value}; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}${age}`
}
