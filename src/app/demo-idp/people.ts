// Who works at the demo's companies: one person for each role. The same people are announced by the directory (SCIM) and sign in at the
// company's own provider, as they would in a real one.
import type { TenantRole } from '../../domains/identity/contract.ts'

export interface DemoPerson {
  /** The subject at the provider, and the external id in the directory. */
  readonly subject: string
  readonly name: string
  readonly email: string
  readonly role: TenantRole
  readonly about: string
}
export interface DemoCompany {
  readonly slug: string
  readonly name: string
  readonly domain: string
  readonly protocol: 'oidc' | 'saml'
  readonly people: readonly DemoPerson[]
}

const STAFF: readonly (readonly [TenantRole, string, string])[] = [
  ['tenant_admin', 'Ada Adler', 'sets up sign-in, roles and keys'],
  ['planner', 'Paul Park', 'plans orders and stock, sees no money'],
  ['warehouse_operator', 'Wanda Wu', 'works in the warehouse'],
  ['warehouse_lead', 'Leo Lund', 'runs the floor: waves, people, counts'],
  ['finance', 'Fiona Falk', 'sees prices and costs'],
  ['auditor', 'Aziz Amari', 'reads everything, changes nothing'],
  ['integration', 'Ines Ito', 'connects other systems'],
  ['twin_engineer', 'Tom Tran', 'looks after machines and sensors'],
]

const peopleOf = (slug: string, domain: string): readonly DemoPerson[] =>
  STAFF.map(([role, name, about]) => ({ subject: `${slug}-${role.replaceAll('_', '-')}`, name, email: `${name.toLowerCase().replace(' ', '.')}@${domain}`, role, about }))

/** `example` is a name that nobody can own (RFC 2606): nothing here can reach a real company. */
export const COMPANIES: readonly DemoCompany[] = [
  { slug: 'acme', name: 'Acme Logistics', domain: 'acme.example', protocol: 'oidc', people: peopleOf('acme', 'acme.example') },
  { slug: 'globex', name: 'Globex Trading', domain: 'globex.example', protocol: 'saml', people: peopleOf('globex', 'globex.example') },
]
