import { allowInsecureRequests, clockSkew, clockTolerance, type ClientAuth, Configuration, enableNonRepudiationChecks } from 'openid-client'
import type { Provider } from './discover.ts'

/** Clocks differ; by more than this they are wrong. */
export const CLOCK_TOLERANCE_SECONDS = 30

/**
 * A provider as openid-client knows it. Without the non-repudiation checks it takes an ID token from the token endpoint on trust,
 * signature unseen; they are switched on here so that no caller can forget them.
 */
export function configurationOf(provider: Provider, clientId: string, auth?: ClientAuth, skewSeconds = 0): Configuration {
  const server = {
    issuer: provider.issuer,
    authorization_endpoint: provider.authorizationEndpoint,
    token_endpoint: provider.tokenEndpoint,
    jwks_uri: provider.jwksUri,
    ...(provider.endSessionEndpoint === null ? {} : { end_session_endpoint: provider.endSessionEndpoint }),
    id_token_signing_alg_values_supported: [...provider.algorithms],
    authorization_response_iss_parameter_supported: provider.namesItself,
  }
  const configuration = new Configuration(server, clientId, { [clockTolerance]: CLOCK_TOLERANCE_SECONDS, [clockSkew]: skewSeconds }, auth)
  enableNonRepudiationChecks(configuration)
  // The way out decides who may be asked without TLS, when the provider is discovered and again when it is asked.
  if (Object.values(server).some((value) => typeof value === 'string' && value.startsWith('http:'))) allowInsecureRequests(configuration)
  return configuration
}
