// A thin face around WebAuthn: what a browser is asked, and whether its answer is good. A user is always verified by the authenticator,
// no attestation is asked for, and every passkey can be found without naming a person first.
import {
  generateAuthenticationOptions, generateRegistrationOptions, verifyAuthenticationResponse, verifyRegistrationResponse,
  type PublicKeyCredentialCreationOptionsJSON, type PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'
import { AnyAnswer, CreatedAnswer, UsedAnswer } from './answers.ts'

/** Ours, as the browser must have seen it. */
export interface Site {
  /** Scheme, host and port. */
  readonly origin: string
  /** The host alone: passkeys are bound to it. */
  readonly id: string
}
export const siteOf = (origin: string): Site => ({ origin, id: new URL(origin).hostname })

/** How long a browser waits for its owner, and how long a challenge lives. */
export const CHALLENGE_MS = 300_000
const ALGORITHMS = [-7, -8, -257] // ES256, EdDSA, RS256

/** Why an answer is not accepted. The sentence is for logs, never for whoever sent it. */
export class PasskeyRefused extends Error {
  override readonly name = 'PasskeyRefused'
  readonly code: string
  constructor(code: string, sentence: string) {
    super(sentence.slice(0, 500))
    this.code = code
  }
}

export interface NewOwner {
  /** What the authenticator keeps of its owner and gives back: an id and no personal data. */
  readonly handle: Uint8Array
  readonly name: string
  readonly displayName: string
  /** Ids of the passkeys the owner has, so that one authenticator is not registered twice. */
  readonly known: readonly Buffer[]
}
export interface StoredPasskey {
  readonly credential: Buffer
  readonly publicKey: Buffer
  readonly counter: number
}
export interface NewPasskey extends StoredPasskey {
  readonly transports: readonly string[]
  readonly canBeBackedUp: boolean
  readonly isBackedUp: boolean
  readonly aaguid: string | null
}

export const creationOptions = (site: Site, challenge: string, owner: NewOwner): Promise<PublicKeyCredentialCreationOptionsJSON> =>
  generateRegistrationOptions({
    rpName: 'Blue Ship Sync', rpID: site.id, userName: owner.name, userDisplayName: owner.displayName, userID: new Uint8Array(owner.handle), challenge: bytesOf(challenge),
    timeout: CHALLENGE_MS, attestationType: 'none', supportedAlgorithmIDs: ALGORITHMS, excludeCredentials: owner.known.map((id) => ({ id: id.toString('base64url') })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })

/** Names no passkey: who asks has not said who they are, and is told nothing about anybody. */
export const requestOptions = (site: Site, challenge: string): Promise<PublicKeyCredentialRequestOptionsJSON> =>
  generateAuthenticationOptions({ rpID: site.id, challenge: bytesOf(challenge), timeout: CHALLENGE_MS, userVerification: 'required', allowCredentials: [] })

/** A new passkey from the answer of a browser; throws PasskeyRefused. */
export async function verifyCreated(site: Site, challenge: string, answer: unknown): Promise<NewPasskey> {
  const { clientExtensionResults, response, ...rest } = shapeOf(() => CreatedAnswer.Parse(answer))
  refuseFramed(response.clientDataJSON)
  const verified = await accepted(() => verifyRegistrationResponse({
    response: { ...rest, response: { clientDataJSON: response.clientDataJSON, attestationObject: response.attestationObject }, clientExtensionResults: clientExtensionResults ?? {} },
    expectedChallenge: challenge, expectedOrigin: site.origin, expectedRPID: site.id, requireUserVerification: true, supportedAlgorithmIDs: ALGORITHMS,
  }))
  if (!verified.verified) throw new PasskeyRefused('bad_attestation', 'The attestation does not hold.')
  const { credential, credentialDeviceType, credentialBackedUp, aaguid } = verified.registrationInfo
  return {
    credential: Buffer.from(credential.id, 'base64url'), publicKey: Buffer.from(credential.publicKey), counter: credential.counter, transports: response.transports ?? [],
    canBeBackedUp: credentialDeviceType === 'multiDevice', isBackedUp: credentialBackedUp, aaguid: /^[0-9a-f-]{36}$/.test(aaguid) ? aaguid : null,
  }
}

/** Which passkey an answer claims to be from; nothing of it has been verified. Throws PasskeyRefused. */
export function claimedBy(answer: unknown): Buffer {
  const id = Buffer.from(shapeOf(() => AnyAnswer.Parse(answer)).id, 'base64url')
  if (id.length < 16 || id.length > 1023) throw new PasskeyRefused('bad_shape', 'The id of the passkey is too short or too long.')
  return id
}

/** Whether the holder of a passkey has answered; gives what to keep of it. Throws PasskeyRefused. */
export async function verifyUsed(site: Site, challenge: string, answer: unknown, passkey: StoredPasskey & { readonly handle: Uint8Array }): Promise<{ readonly counter: number; readonly isBackedUp: boolean }> {
  const { clientExtensionResults, response, ...rest } = shapeOf(() => UsedAnswer.Parse(answer))
  refuseFramed(response.clientDataJSON)
  if (response.userHandle !== undefined && response.userHandle !== null && !Buffer.from(response.userHandle, 'base64url').equals(Buffer.from(passkey.handle))) {
    throw new PasskeyRefused('wrong_owner', 'The authenticator names another owner of this passkey.')
  }
  const { clientDataJSON, authenticatorData, signature } = response
  const { verified, authenticationInfo } = await accepted(() => verifyAuthenticationResponse({
    response: { ...rest, response: { clientDataJSON, authenticatorData, signature }, clientExtensionResults: clientExtensionResults ?? {} },
    expectedChallenge: challenge, expectedOrigin: site.origin, expectedRPID: site.id, requireUserVerification: true,
    credential: { id: passkey.credential.toString('base64url'), publicKey: new Uint8Array(passkey.publicKey), counter: passkey.counter },
  }))
  if (!verified) throw new PasskeyRefused('bad_signature', 'The signature does not hold.')
  return { counter: authenticationInfo.newCounter, isBackedUp: authenticationInfo.credentialBackedUp }
}

const bytesOf = (challenge: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(challenge, 'base64url'))

function shapeOf<T>(parse: () => T): T {
  try {
    return parse()
  } catch {
    throw new PasskeyRefused('bad_shape', 'This is no answer of an authenticator.')
  }
}

/** A page in a frame of another site asks with our origin and somebody else's looks. */
function refuseFramed(clientData: string): void {
  if (/"crossOrigin"\s*:\s*true/.test(Buffer.from(clientData, 'base64url').toString('utf8'))) throw new PasskeyRefused('framed', 'The page was in a frame of another site.')
}

const CODES: readonly (readonly [RegExp, string])[] = [
  [/challenge/i, 'wrong_challenge'], [/origin/i, 'wrong_origin'], [/RP ID/i, 'wrong_site'], [/user verification/i, 'not_verified'], [/user (?:presence|not present)/i, 'not_present'], [/counter/i, 'counter_went_back'],
]
async function accepted<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify()
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error)
    throw new PasskeyRefused(CODES.find(([pattern]) => pattern.test(sentence))?.[1] ?? 'bad_answer', sentence)
  }
}
