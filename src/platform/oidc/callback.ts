import { Refusal } from './codes.ts'
import type { Provider } from './discover.ts'

const CODE_LENGTH_MAX = 8_192
/** Answers of other flows. Whoever sends them along wants a token read that did not come from the token endpoint. */
const OTHER_FLOWS = ['id_token', 'access_token', 'token', 'response']
const KNOWN = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', ...OTHER_FLOWS]

/** Checks what the browser brought back; gives the code. Throws Refusal. */
export function codeIn(parameters: URLSearchParams, provider: Provider, state: string): string {
  if (KNOWN.some((name) => parameters.getAll(name).length > 1) || OTHER_FLOWS.some((name) => parameters.has(name))) throw new Refusal('callback_malformed', 'The answer of the provider is not one to the code flow.')
  const [came, iss] = [parameters.get('state'), parameters.get('iss')]
  if (came === null || came === '') throw new Refusal('state_missing', 'The answer of the provider does not say to which sign-in it belongs.')
  if (came !== state) throw new Refusal('state_wrong', 'The answer of the provider belongs to another sign-in.')
  if (iss === null && provider.namesItself) throw new Refusal('iss_parameter_missing', 'The provider announced that it names itself in its answers, and did not.')
  if (iss !== null && iss !== provider.issuer) throw new Refusal('iss_parameter_wrong', 'The answer came from another provider.')
  const error = parameters.get('error')
  if (error !== null) throw new Refusal('provider_error', `The provider said ${quoted(error, parameters.get('error_description'))}.`)
  const code = parameters.get('code')
  if (code === null || code === '') throw new Refusal('code_missing', 'The answer of the provider has no code.')
  if (code.length > CODE_LENGTH_MAX) throw new Refusal('callback_malformed', 'The code of the provider is too long.')
  return code
}

/** What a stranger wrote, short enough for a log and without characters that do things. */
export function quoted(error: string, description: unknown): string {
  const clean = (text: string, most: number): string => text.replaceAll(/[^\u0020-\u007e\u00a0-\uffff]/g, ' ').toWellFormed().slice(0, most)
  return typeof description === 'string' && description !== '' ? `"${clean(error, 64)}" (${clean(description, 300)})` : `"${clean(error, 64)}"`
}
