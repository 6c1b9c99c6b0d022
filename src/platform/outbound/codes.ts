/** Why a request to a customer's address was not made, or its answer not taken. The list is closed; each code is stable. */
export const OUTBOUND_CODES = [
  // What was asked for.
  'url_invalid', 'scheme_forbidden', 'userinfo_forbidden', 'port_forbidden', 'request_invalid',
  // Where it would have gone.
  'name_unresolvable', 'address_forbidden',
  // What happened on the way.
  'timeout', 'connection_failed', 'tls_failed',
  // What came back.
  'response_invalid', 'redirect_refused', 'encoding_refused', 'content_type_refused', 'too_large', 'body_incomplete',
] as const

export type OutboundCode = (typeof OUTBOUND_CODES)[number]

export interface OutboundRefusal {
  readonly ok: false
  readonly code: OutboundCode
  /** One sentence for the customer's administrator; it repeats nothing that the other side wrote. */
  readonly detail: string
}

export const refused = (code: OutboundCode, detail: string): OutboundRefusal => ({ ok: false, code, detail })
