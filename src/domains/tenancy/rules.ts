// The life cycle of an organization (DOMAIN §3). The database enforces the same arrows by a trigger.
import { ORGANIZATION_STATUSES, type OrganizationStatus } from './contract.ts'

export const LIFE_CYCLE: Readonly<Record<OrganizationStatus, readonly OrganizationStatus[]>> = {
  provisioning: ['active'],
  active: ['suspended'],
  suspended: ['active', 'offboarding'],
  offboarding: ['exported'],
  exported: ['erased'],
  erased: [],
}

export const canBecome = (from: OrganizationStatus, to: OrganizationStatus): boolean => LIFE_CYCLE[from].includes(to)

/** Every pair of states, for those who check the arrows one by one. */
export const everyMove = (): readonly (readonly [OrganizationStatus, OrganizationStatus])[] =>
  ORGANIZATION_STATUSES.flatMap((from) => ORGANIZATION_STATUSES.map((to) => [from, to] as const))
