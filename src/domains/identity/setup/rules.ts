// What the guided page asks for each kind of provider, and the draft that its answers make. Decisions only: nothing is read or written.
import type { Connection } from '../connections/contract.ts'

export const CHOICES = ['okta', 'entra', 'google', 'oidc', 'saml'] as const
export type Choice = (typeof CHOICES)[number]
export const isChoice = (text: string): text is Choice => CHOICES.some((each) => each === text)

export const CHOICE_NAMES: Readonly<Record<Choice, string>> = { okta: 'Okta', entra: 'Microsoft Entra ID', google: 'Google Workspace', oidc: 'Another OpenID Connect provider', saml: 'SAML 2.0' }
export const choiceOf = ({ kind, preset }: Pick<Connection, 'kind' | 'preset'>): Choice => (kind === 'saml' ? 'saml' : preset === 'generic' ? 'oidc' : preset)
export const kindOf = (choice: Choice): Connection['kind'] => (choice === 'saml' ? 'saml' : 'oidc')

/** A link may set up what nobody depends on yet. What an administrator has activated or disabled is the administrator's. */
export const isOpenToSetUp = (status: Connection['status']): boolean => status === 'draft' || status === 'tested'

export interface Field {
  readonly name: string
  readonly label: string
  readonly hint: string
  readonly kind: 'text' | 'url' | 'secret' | 'area' | 'choice'
  readonly options?: readonly (readonly [value: string, label: string])[]
  /** Of a secret: whether it is needed depends on another field. */
  readonly isOptional?: boolean
  /** Where faults of the contract point when they are about this field. */
  readonly pointers: readonly string[]
}
const name: Field = { name: 'name', label: 'Name of the connection', hint: 'People see it where they choose how to sign in.', kind: 'text', pointers: ['/name'] }
const clientId: Field = { name: 'clientId', label: 'Client ID', hint: 'The provider shows it when the application is made.', kind: 'text', pointers: ['/oidc/clientId'] }
const clientSecret: Field = { name: 'clientSecret', label: 'Client secret', hint: 'It is kept sealed and never shown again.', kind: 'secret', pointers: ['/clientSecret'] }
const issuer = (hint: string): Field => ({ name: 'issuer', label: 'Issuer', hint, kind: 'url', pointers: ['/oidc/issuer'] })
const clientAuth: Field = {
  name: 'clientAuth', label: 'How we prove ourselves', hint: 'The first fits nearly every provider. With a key there is no secret to copy: give the provider the JWKS URL above.', kind: 'choice', pointers: ['/oidc/clientAuth'],
  options: [['client_secret_basic', 'Client secret, in the header (client_secret_basic)'], ['client_secret_post', 'Client secret, in the body (client_secret_post)'], ['private_key_jwt', 'A key that we make (private_key_jwt)']],
}
const secretOrKey: Field = { ...clientSecret, hint: 'Leave it empty with private_key_jwt. It is kept sealed and never shown again.', isOptional: true }
/** Providers that read our public key at an address. */
export const takesKey = (choice: Choice): boolean => choice === 'oidc' || choice === 'okta'
const provesByKey = (choice: Choice, values: Values): boolean => takesKey(choice) && values['clientAuth'] === 'private_key_jwt'

export const FIELDS: Readonly<Record<Choice, readonly Field[]>> = {
  okta: [name, issuer('The address of your Okta, such as https://example.okta.com'), clientId, clientAuth, secretOrKey],
  entra: [name, { name: 'tenantId', label: 'Directory (tenant) ID', hint: 'Only people of this directory can sign in.', kind: 'text', pointers: ['/oidc/tenantId', '/oidc/issuer'] }, { ...clientId, label: 'Application (client) ID' }, clientSecret],
  google: [name, { name: 'hostedDomains', label: 'Domains of your Workspace', hint: 'Separated by commas. Private Google accounts are refused.', kind: 'text', pointers: ['/oidc/hostedDomains'] }, clientId, clientSecret],
  oidc: [name, issuer('An address; behind it is /.well-known/openid-configuration'), clientId, clientAuth, secretOrKey],
  saml: [name, { name: 'metadataXml', label: 'Metadata of your provider (XML)', hint: 'Paste the whole file, from <EntityDescriptor to its end.', kind: 'area', pointers: ['/metadataXml', '/saml'] }],
}

export type Values = Readonly<Record<string, string>>
const SCOPES = ['openid', 'profile', 'email']

/** What the answers mean for the contract. An empty secret is none: the one that is kept stays. */
export function draftOf(choice: Choice, values: Values): Readonly<Record<string, unknown>> {
  const of = (field: string): string => (values[field] ?? '').trim()
  if (choice === 'saml') return { name: of('name'), metadataXml: of('metadataXml') }
  const secret = of('clientSecret')
  const auth = of('clientAuth')
  const more: Readonly<Record<Exclude<Choice, 'saml'>, object>> = {
    okta: { issuer: of('issuer').replace(/\/+$/, ''), clientAuth: auth },
    oidc: { issuer: of('issuer'), clientAuth: auth },
    entra: { issuer: `https://login.microsoftonline.com/${of('tenantId')}/v2.0`, tenantId: of('tenantId'), clientAuth: 'client_secret_post' },
    google: { issuer: 'https://accounts.google.com', hostedDomains: of('hostedDomains').toLowerCase().split(/[\s,;]+/).filter((each) => each !== ''), clientAuth: 'client_secret_basic' },
  }
  return { name: of('name'), preset: choice === 'oidc' ? 'generic' : choice, oidc: { clientId: of('clientId'), scopes: SCOPES, ...more[choice] }, ...(secret === '' ? {} : { clientSecret: secret }) }
}

/** What the form shows of a connection that is there. */
export function valuesOf({ name: known, oidc }: Pick<Connection, 'name' | 'oidc'>): Values {
  return oidc === null ? { name: known } : { name: known, issuer: oidc.issuer, clientId: oidc.clientId, clientAuth: oidc.clientAuth, tenantId: oidc.tenantId ?? '', hostedDomains: (oidc.hostedDomains ?? []).join(', ') }
}

/** Faults by field; what points to no field of this form stands under ''. */
export function faultsByField(choice: Choice, faults: readonly { readonly pointer: string; readonly message: string }[]): Values {
  const found = new Map<string, string>()
  for (const { pointer, message } of faults) {
    const field = FIELDS[choice].find(({ pointers }) => pointers.some((each) => pointer === each || pointer.startsWith(`${each}/`)))?.name ?? ''
    if (!found.has(field)) found.set(field, message)
  }
  return Object.fromEntries(found)
}

/** Fields that must say something and do not. */
export function missingFields(choice: Choice, values: Values, hasSecret: boolean): Values {
  const empty = FIELDS[choice].filter(({ name: field, kind }) => (values[field] ?? '').trim() === '' && !(kind === 'secret' && (hasSecret || provesByKey(choice, values))))
  return Object.fromEntries(empty.map(({ name: field, label }) => [field, `${label}: this is missing.`]))
}

/** Where a test sign-in that a link began comes back to. */
export const returnOf = (linkId: string): string => `/setup?step=test&of=${linkId}`
export const linkOfReturn = (returnTo: string): string | null => /^\/setup\?step=test&of=([0-9a-f-]{36})$/.exec(returnTo)?.[1] ?? null
