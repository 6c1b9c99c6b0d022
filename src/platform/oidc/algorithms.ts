/** Asymmetric only: with HS256 whoever knows the public key, or our client secret, could sign. */
export const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

export const isAlgorithm = (value: unknown): value is Algorithm => ALGORITHMS.some((algorithm) => algorithm === value)

export interface JwsHeader {
  readonly alg: Algorithm
  readonly kid: string | null
}
