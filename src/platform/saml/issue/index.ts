// The other side of SAML, for the demo's identity provider and for tests. Logout is the same in both directions and stands in `../index.ts`.
export { type OwnIdpMetadata, idpMetadata } from './metadata.ts'
export { type AuthnRequestExpected, readAuthnRequest, type ReceivedRequest } from './request.ts'
export { type Answer, type AnswerHead, issueFailure, issueResponse } from './response.ts'
