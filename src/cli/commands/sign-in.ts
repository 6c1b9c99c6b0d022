// How people sign in: the organization's identity providers, its domains, links for whoever sets them up, and the log.
import { connectionsApi, domainsApi, setupApi } from '../../domains/identity/contract.ts'
import { command, type Noun } from '../command.ts'

const ID = '01890a5d-ac96-774b-bcce-b302099a8057'
const FINGERPRINT = 'a3'.repeat(32)
const OKTA = '{"oidc":{"issuer":"https://example.okta.com","clientId":"0oa1example","clientAuth":"client_secret_basic","scopes":["openid","profile","email"]}}'
const XML = '<EntityDescriptor>the whole file, from the provider</EntityDescriptor>'

export const connections: Noun = {
  noun: 'connections',
  summary: 'identity providers by which people sign in: draft, tested, active, enforced',
  commands: [
    command(connectionsApi, 'list', 'listConnections', { columns: ['name', 'kind', 'preset', 'status', 'testedAt', 'id'], examples: [{ line: 'connections list', says: 'Where people sign in' }] }),
    command(connectionsApi, 'get', 'getConnection', { examples: [{ line: `connections get ${ID}`, says: 'One connection with what the provider must be told, without its secrets' }] }),
    command(connectionsApi, 'create', 'createConnection', {
      examples: [
        { line: `connections create --name Okta --kind oidc --preset okta --client-secret "from the provider" --data '${OKTA}'`, says: 'OpenID Connect; its redirect URI is in the answer' },
        { line: `connections create --name "Company sign-in" --kind saml --metadata-xml '${XML}'`, says: 'SAML, from the metadata of the provider: --metadata-xml "$(cat metadata.xml)"' },
      ],
    }),
    command(connectionsApi, 'change', 'updateConnection', { examples: [{ line: `connections change ${ID} --row-version 3 --client-secret "the next one"`, says: 'A new client secret' }] }),
    command(connectionsApi, 'test', 'testConnection', { examples: [{ line: `connections test ${ID}`, says: 'An address to open in a browser, once: a real sign-in that signs nobody in' }] }),
    command(connectionsApi, 'activate', 'activateConnection', { examples: [{ line: `connections activate ${ID}`, says: 'Let people sign in by a tested connection' }] }),
    command(connectionsApi, 'enforce', 'enforceConnection', { examples: [{ line: `connections enforce ${ID}`, says: 'The only way in, but for two recovery administrators' }] }),
    command(connectionsApi, 'relax', 'relaxConnection', { examples: [{ line: `connections relax ${ID}`, says: 'Allow other ways in again' }] }),
    command(connectionsApi, 'disable', 'disableConnection', { examples: [{ line: `connections disable ${ID}`, says: 'Nobody signs in by it; its sessions end' }] }),
    command(connectionsApi, 'approve-certificate', 'approveCertificate', { examples: [{ line: `connections approve-certificate ${ID} --sha256 ${FINGERPRINT}`, says: 'Pin a certificate that the metadata newly names' }] }),
    command(connectionsApi, 'retire-certificate', 'retireCertificate', { examples: [{ line: `connections retire-certificate ${ID} --sha256 ${FINGERPRINT}`, says: 'Unpin the old one' }] }),
  ],
}

export const domains: Noun = {
  noun: 'domains',
  summary: 'e-mail domains whose people sign in here, proven by a TXT record',
  commands: [
    command(domainsApi, 'list', 'listDomains', { columns: ['name', 'status', 'record.name', 'record.value', 'verifiedAt', 'id'], examples: [{ line: 'domains list', says: 'Domains, and the records that prove them' }] }),
    command(domainsApi, 'add', 'addDomain', { examples: [{ line: `domains add --name example.com --connection-id ${ID}`, says: 'The answer says which TXT record proves it' }] }),
    command(domainsApi, 'verify', 'verifyDomain', { examples: [{ line: `domains verify ${ID}`, says: 'Look the record up now' }] }),
    command(domainsApi, 'route', 'routeDomain', { examples: [{ line: `domains route ${ID} --connection-id ${ID}`, says: 'By which connection its people sign in' }] }),
    command(domainsApi, 'remove', 'removeDomain', { examples: [{ line: `domains remove ${ID}`, says: 'Give it up; another organization may claim it then' }] }),
  ],
}

export const setupLinks: Noun = {
  noun: 'setup-links',
  summary: 'single-use links by which somebody without an account sets up a connection',
  commands: [
    command(setupApi, 'list', 'listSetupLinks', { columns: ['name', 'status', 'expiresAt', 'usedAt', 'connectionId', 'id'], examples: [{ line: 'setup-links list', says: 'Who has one, and how far it is' }] }),
    command(setupApi, 'create', 'createSetupLink', {
      examples: [{ line: 'setup-links create --name "IT of Example" --expires-in-hours 48', says: 'A link to send to the IT contact; it is shown once' }, { line: `setup-links create --connection-id ${ID}`, says: 'For a connection that is there already' }],
    }),
    command(setupApi, 'revoke', 'revokeSetupLink', { examples: [{ line: `setup-links revoke ${ID}`, says: 'End it at once' }] }),
  ],
}

export const signIns: Noun = {
  noun: 'sign-ins',
  summary: 'the log of sign-ins and of what the directory was refused, with the exact reason',
  commands: [
    command(connectionsApi, 'list', 'listSignInAttempts', {
      columns: ['at', 'purpose', 'outcome', 'detail', 'subject', 'requestId'],
      examples: [{ line: 'sign-ins list --limit 20', says: 'The latest, refused ones too' }, { line: 'sign-ins list --outcome foreign_domain --json', says: 'One kind of refusal, for a program' }, { line: 'sign-ins list --purpose scim', says: 'What the directory asked for and was refused' }],
    }),
  ],
}
