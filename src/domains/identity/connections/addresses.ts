// Our own addresses for a connection. One redirect URI and one consumer service for each, so that an answer of one organization's
// provider can never be taken for another's.

export const samlAddresses = (origin: string, connectionId: string) => {
  const base = `${origin}/auth/saml/${connectionId}`
  return { entityId: `${base}/metadata`, acsUrl: `${base}/acs`, sloUrl: `${base}/slo` }
}
export const oidcAddresses = (origin: string, connectionId: string) => {
  const base = `${origin}/auth/oidc/${connectionId}`
  return { redirectUri: `${base}/callback`, backchannelLogoutUri: `${base}/backchannel-logout`, jwksUri: `${base}/jwks` }
}
