// Every limit of the HTTP door in one place, with the defaults of RELIABILITY.

export interface HttpConfig {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Scheme, host and port by which browsers know this server, `https://ops.example.com`. Null: the address it listens on. */
  readonly publicUrl: string | null
  /** Proxies whose `X-Forwarded-For` is believed (addresses or CIDR). Empty: nobody's. */
  readonly trustedProxies: readonly string[]
  readonly bodyBytesMax: number
  readonly streamBytesMax: number
  readonly lineBytesMax: number
  readonly headerBytesMax: number
  readonly headersTimeoutMs: number
  /** From the first byte to the end of the answer, except for streams. */
  readonly requestTimeoutMs: number
  /** The same for NDJSON streams. */
  readonly streamTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly connectionsMax: number
  readonly connectionsPerAddressMax: number
  /** Failures to authenticate that one address may cause. */
  readonly failures: { readonly perSecond: number; readonly burst: number }
  /** Requests without a credential (public operations) of one address. */
  readonly publicRequests: { readonly perSecond: number; readonly burst: number }
  readonly principalTtlMs: number
  readonly strangerTtlMs: number
  readonly principalsMax: number
  /** A stalled event loop refuses new work with 503 rather than to queue it. */
  readonly overloadLagMs: number
  readonly stopTimeoutMs: number
}

export const HTTP_DEFAULTS: HttpConfig = {
  host: '127.0.0.1',
  port: 0,
  publicUrl: null,
  trustedProxies: [],
  bodyBytesMax: 1024 * 1024,
  streamBytesMax: 64 * 1024 * 1024,
  lineBytesMax: 1024 * 1024,
  headerBytesMax: 16 * 1024,
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 15_000,
  streamTimeoutMs: 600_000,
  keepAliveTimeoutMs: 30_000,
  connectionsMax: 10_000,
  connectionsPerAddressMax: 1_000,
  failures: { perSecond: 20, burst: 200 },
  publicRequests: { perSecond: 50, burst: 200 },
  principalTtlMs: 60_000,
  strangerTtlMs: 5_000,
  principalsMax: 50_000,
  overloadLagMs: 1_000,
  stopTimeoutMs: 8_000,
}
