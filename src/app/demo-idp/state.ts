// What the demo's providers keep between starts: their keys, and the secret they share with the service. In the data folder, readable by
// its owner only.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { newKey } from '../../platform/crypto/keys.ts'
import { newClientKey } from '../../platform/oidc/index.ts'
import { newSigningPair } from '../../platform/saml/index.ts'

const State = Type.Object({
  oidc: Type.Object({ jwk: Type.Object({ kty: Type.String() }, { additionalProperties: true }), cookieKey: Type.String() }),
  signing: Type.Object({ privateKeyPem: Type.String(), certificatePem: Type.String() }),
  client: Type.Object({ clientId: Type.String(), clientSecret: Type.String() }),
  /** Connections name the provider by its address: it must be the same at every start. */
  port: Type.Optional(Type.Integer()),
})
export type DemoState = Type.Static<typeof State>
const state = Compile(State)

export async function newDemoState(): Promise<DemoState> {
  const { privateJwk } = await newClientKey('demo')
  const { privateKeyPem, certificatePem } = await newSigningPair('Demo identity provider')
  return state.Parse({ oidc: { jwk: privateJwk, cookieKey: newKey('s') }, signing: { privateKeyPem, certificatePem }, client: { clientId: 'blue-ship-sync', clientSecret: newKey('s') } })
}

const fileIn = (dataDir: string): string => join(dataDir, 'demo-idp.json')

/** What an earlier start kept; null when there is nothing that can be read. */
export function readDemoState(dataDir: string): DemoState | null {
  try {
    return state.Parse(JSON.parse(readFileSync(fileIn(dataDir), 'utf8')))
  } catch {
    return null
  }
}
export function saveDemoState(dataDir: string, kept: DemoState): void {
  mkdirSync(dataDir, { recursive: true }) // With an external database nobody needed the folder before.
  writeFileSync(fileIn(dataDir), `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 })
}
