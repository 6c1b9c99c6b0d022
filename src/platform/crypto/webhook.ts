// Signatures of what is sent to a customer's server, as Standard Webhooks has them: the receiver checks with a secret it was
// shown once that the body came from here, is whole, and is not an old one played again.
import { createHmac, randomBytes } from 'node:crypto'

const PREFIX = 'whsec_'

/** A new secret of 256 bits. */
export const newSigningSecret = (): string => PREFIX + randomBytes(32).toString('base64')

/** The three headers of one message. `id` stays the same when it is sent again; `seconds` is the time of this attempt. */
export function signatureHeaders(secret: string, id: string, seconds: number, body: string): Record<string, string> {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` }
}
