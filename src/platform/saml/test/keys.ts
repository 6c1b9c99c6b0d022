// Keys of the play: the provider, its next certificate, the service, a stranger, and one who took over the provider's name.
import { generateKeyPairSync } from 'node:crypto'
import { selfSigned, type SigningPair } from '../certificate.ts'

export const NOW = Date.parse('2026-03-01T12:00:00Z')
const DAY_MS = 86_400_000
const validity = { fromMs: NOW - 30 * DAY_MS, untilMs: NOW + 300 * DAY_MS }

const rsa = (name: string, modulusLength = 2048, from = validity): SigningPair => selfSigned(generateKeyPairSync('rsa', { modulusLength }), name, from)
const ec = (name: string, namedCurve: string): SigningPair => selfSigned(generateKeyPairSync('ec', { namedCurve }), name, validity)

export const idp = rsa('Harbour Identity')
export const idpNext = rsa('Harbour Identity 2027')
export const idpExpired = rsa('Harbour Identity 2020', 2048, { fromMs: NOW - 900 * DAY_MS, untilMs: NOW - DAY_MS })
export const idpSmall = rsa('Harbour Identity small', 1024)
export const idpEc = ec('Harbour Identity EC', 'prime256v1')
export const idpEc384 = ec('Harbour Identity EC 384', 'secp384r1')
export const idpOddCurve = ec('Harbour Identity secp256k1', 'secp256k1')
export const sp = rsa('Blue Ship')
export const spOld = rsa('Blue Ship before')
export const stranger = rsa('Mallory')
export const sameName = rsa('Harbour Identity')
