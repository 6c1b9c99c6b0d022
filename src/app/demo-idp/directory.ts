// The demo's directory: announces the people and their groups by SCIM, as Entra ID or Okta would, and says which group gives which role.
import { groupsApi } from '../../domains/identity/groups/contract.ts'
import { scimKeysApi } from '../../domains/identity/scim/contract.ts'
import { ROLES } from '../../kernel/access.ts'
import { clientOf, fetchSender } from '../../kernel/client.ts'
import type { ConnectionId } from '../../kernel/ids.ts'
import { isRecord } from '../../kernel/json.ts'
import type { DemoCompany } from './people.ts'

/** Announces everybody. Throws with what the service said when it refuses. */
export async function announcePeople(url: string, adminKey: string, company: DemoCompany, connectionId: ConnectionId): Promise<void> {
  const sender = fetchSender({ baseUrl: url, token: adminKey })
  const { secret, baseUrl } = await clientOf(scimKeysApi, sender).createScimKey({ body: { name: `${company.name} directory`, connectionId } })
  const scim = async (path: string, body: unknown): Promise<string> => {
    const answer = await fetch(`${baseUrl.startsWith('http') ? baseUrl : url + baseUrl}${path}`, {
      method: 'POST', body: JSON.stringify(body), headers: { authorization: `Bearer ${secret ?? ''}`, 'content-type': 'application/scim+json' },
    })
    const value: unknown = await answer.json()
    if (answer.status !== 201 || !isRecord(value) || typeof value['id'] !== 'string') throw new Error(`The directory of ${company.name} was refused at ${path}: ${answer.status} ${JSON.stringify(value)}`)
    return value['id']
  }
  const groups = clientOf(groupsApi, sender)
  for (const person of company.people) {
    const [givenName = '', familyName = ''] = person.name.split(' ')
    const userId = await scim('/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: person.email, externalId: person.subject, displayName: person.name, active: true,
      name: { givenName, familyName }, emails: [{ value: person.email, type: 'work', primary: true }],
    })
    const groupId = await scim('/Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: `${company.slug} ${ROLES[person.role].title}`, members: [{ value: userId }] })
    // The group's name gives nothing: the administrator says what it gives.
    const { items } = await groups.listGroups({ query: { limit: 100 } })
    const group = items.find(({ id }) => id === groupId)
    if (group === undefined) throw new Error(`The group of ${person.name} is not there.`)
    await groups.mapGroupRole({ params: { groupId: group.id }, body: { role: person.role } })
  }
}
