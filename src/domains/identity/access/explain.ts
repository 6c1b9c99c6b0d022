// Whether somebody may do something, and why: read from the same roles by the same rule as every request is judged by.
import { ROLES, type Facts, type Permission } from '../../../kernel/access.ts'
import { idOf, type ServiceAccountId, type SiteId, type UserId } from '../../../kernel/ids.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { Above } from '../above.ts'
import type { CustomRole } from '../roles/contract.ts'
import { authorityOfRoles, grantOfRole, heldRoles, type Held } from '../roles/held.ts'
import { liveRoles } from '../roles/store.ts'
import type { Authority } from '../rules.ts'
import { TENANT_ROLES } from '../schema.ts'
import type { AccessExplanation } from './contract.ts'
import * as store from './store.ts'

type Reading = Tx<'read', 'members:read'>
type Need = AccessExplanation['needs'][number]
type Obstacle = AccessExplanation['obstacles'][number]
export interface Question {
  readonly operation: string
  readonly userId?: UserId
  readonly serviceAccountId?: ServiceAccountId
  readonly siteId?: SiteId
}

export async function explain(tx: Reading, asker: Facts, above: Above, question: Question): Promise<AccessExplanation> {
  const { operation, userId, serviceAccountId, siteId } = question
  const needed = above.operations().get(operation)
  if (needed === undefined) throw new Problem('bad_request', 'There is no such operation.', { errors: [{ pointer: '/query/operation', code: 'unknown_operation', message: 'Name an operation as the API description does: orders.placeOrder.' }] })
  const { kind, subject } = await subjectOf(tx, userId, serviceAccountId)
  if (siteId !== undefined && !(await above.knownSites(tx, [siteId])).has(siteId)) throw notFound('site')
  const roles = (await heldRoles(tx, subject.id)).filter(({ isRetired }) => !isRetired)
  const groups = await store.groupsGiving(tx, subject.id)
  const own = await liveRoles(tx)
  const authority = authorityOfRoles(roles)
  const needs = needed.map((permission): Need => {
    const isHeld = authority.permissions.includes(permission)
    const from = roles.filter((role) => grantOfRole(role).permissions.includes(permission)).map((role) => ({
      name: titleOf(role), role: role.role, roleId: role.roleId, source: role.source, siteIds: role.sites === null ? null : role.sites.map((site) => idOf<'Site'>(site)),
      groups: role.source === 'group' ? groups.filter((group) => group.role === role.role && group.roleId === role.roleId).map(({ name }) => name) : [],
    }))
    return { permission, isHeld, from, wouldGive: isHeld ? [] : rolesThatGive(permission, own) }
  })
  const obstacles = obstaclesOf(subject.status, authority, needs, siteId)
  const name = kind === 'user' && !asker.fieldClasses.has('pii') ? null : subject.name
  return {
    subject: { kind, id: subject.id, name, status: subject.status }, operation, siteId: siteId ?? null, isAllowed: obstacles.length === 0, needs,
    sites: authority.sites === null ? null : [...authority.sites].toSorted().map((site) => idOf<'Site'>(site)), obstacles,
  }
}

async function subjectOf(tx: Reading, userId: UserId | undefined, serviceAccountId: ServiceAccountId | undefined) {
  if (userId !== undefined && serviceAccountId === undefined) return { kind: 'user' as const, subject: await store.getPerson(tx, userId) }
  if (serviceAccountId !== undefined && userId === undefined) return { kind: 'service' as const, subject: await store.getServiceAccount(tx, serviceAccountId) }
  throw new Problem('bad_request', 'Whose access is asked for?', { errors: [{ pointer: '/query', code: 'one_of', message: 'Give exactly one of userId and serviceAccountId.' }] })
}

const titleOf = ({ role, name }: Pick<Held, 'role' | 'name'>): string => (role === null ? name : ROLES[role].title)
const rolesThatGive = (permission: Permission, own: readonly CustomRole[]): Need['wouldGive'] => [
  ...TENANT_ROLES.filter((role) => ROLES[role].permissions.some((each) => each === permission)).map((role) => ({ name: ROLES[role].title, role, roleId: null })),
  ...own.filter(({ permissions }) => permissions.includes(permission)).map(({ id, name }) => ({ name, role: null, roleId: id })),
]

function obstaclesOf(status: string, authority: Authority, needs: readonly Need[], siteId: SiteId | undefined): Obstacle[] {
  const obstacles: Obstacle[] = []
  if (status === 'suspended') obstacles.push({ code: 'suspended', message: 'Suspended: nothing is let in.' })
  if (status === 'deactivated') obstacles.push({ code: 'deactivated', message: 'Deactivated: nothing is let in.' })
  if (authority.names.length === 0) obstacles.push({ code: 'no_role', message: 'There is no role that gives anything.' })
  for (const { permission, isHeld, wouldGive } of needs) {
    if (!isHeld) obstacles.push({ code: 'missing_permission', message: `${permission} is missing. ${wouldGive.length === 0 ? 'No role of the organization gives it.' : `It is given by: ${wouldGive.map(({ name }) => name).join(', ')}.`}` })
  }
  if (siteId !== undefined && authority.sites !== null && !authority.sites.has(siteId)) obstacles.push({ code: 'outside_sites', message: 'Limited to other sites than this one.' })
  return obstacles
}
