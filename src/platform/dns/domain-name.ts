// One spelling for a domain, so that two customers cannot both claim the same one in different clothes. What is kept and shown
// is the ASCII form: in it a Cyrillic "аpple.com" is xn--pple-43d.com, and nobody mistakes it for apple.com.
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

export type DomainRefusal = 'empty' | 'invalid' | 'address' | 'single_label' | 'too_long'

const NAME_LENGTH_MAX = 253
const LABEL_LENGTH_MAX = 63
// domainToASCII reads its argument as the host of a URL: it would cut at a slash and decode a percent sign.
// oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
const NOT_OF_A_NAME = /[\u0000-\u0020\u007f"#%&'()*+,/:;<=>?@[\\\]^_`{|}~!$]/
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/

/** Lower case, without trailing dot, IDNA in ASCII; or why the text names no domain that a customer could own. */
export function readDomain(text: string): { readonly ok: true; readonly domain: string } | { readonly ok: false; readonly code: DomainRefusal } {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed === '.') return { ok: false, code: 'empty' }
  // No spelling of a name is four times longer than its ASCII form; the rest is not worth reading.
  if (trimmed.length > 4 * NAME_LENGTH_MAX) return { ok: false, code: 'too_long' }
  if (isIP(trimmed.replace(/^\[|\]$/g, '')) !== 0) return { ok: false, code: 'address' }
  if (NOT_OF_A_NAME.test(trimmed)) return { ok: false, code: 'invalid' }
  const domain = domainToASCII(trimmed).replace(/\.$/, '')
  // Also what only became an address on the way: 127.1, 0x7f.1 and digits of other scripts.
  if (isIP(domain) !== 0) return { ok: false, code: 'address' }
  const labels = domain.split('.')
  if (domain.length > NAME_LENGTH_MAX || labels.some((label) => label.length > LABEL_LENGTH_MAX)) return { ok: false, code: 'too_long' }
  if (!labels.every((label) => LABEL.test(label))) return { ok: false, code: 'invalid' }
  return labels.length === 1 ? { ok: false, code: 'single_label' } : { ok: true, domain }
}

/** The one spelling of a domain, or null when the text names none that a customer could own. */
export function normalDomain(text: string): string | null {
  const read = readDomain(text)
  return read.ok ? read.domain : null
}
