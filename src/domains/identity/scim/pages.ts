// The endpoints of SCIM 2.0. Each request is one transaction on the primary, so that a directory sees what it has just written, and what
// is refused in the middle was not done at all.
import type { Ctx } from '../../../kernel/access.ts'
import type { Database } from '../../../platform/db/database.ts'
import { readJson } from '../../../platform/http/json-text.ts'
import type { Page, PageAnswer, PageRequest } from '../../../platform/http/page.ts'
import type { Tx } from '../../../platform/db/tx.ts'
import type { IdentityParts } from '../parts.ts'
import { directoryOf, type Directory, type Writing } from './directory.ts'
import * as discovery from './discovery.ts'
import * as groups from './groups.ts'
import { membersOf } from './groups-store.ts'
import { answerQuestion, askedByAddress, askedByBody, questionOf } from './listing.ts'
import { isMembers, memberChange, NO_CHANGE } from './members.ts'
import { operationsOf, patched } from './patch.ts'
import { isShown, project, type Projection } from './projection.ts'
import { noteRefusal } from './note.ts'
import { problemAnswer, refusalAnswer, refusalOf, refuse, scimAnswer, ScimRefusal } from './refusal.ts'
import { etagOf, groupResource, locationOf, userResource, type Resource } from './resources.ts'
import * as users from './users.ts'
import type { Expected } from './users.ts'
import { describe } from './values.ts'

type ScimCtx = Ctx<'scim:write'>
type Act = (tx: Writing, directory: Directory) => Promise<PageAnswer>
/** Lends the rights over people and groups to the transaction of a directory's key (index.ts). */
export type Lend = (tx: Tx<'write', 'scim:write'>) => Writing

const ROOT = '/scim/v2'
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
type Method = (typeof METHODS)[number]
type Handle = (request: PageRequest) => Promise<PageAnswer>

export function pagesOf(parts: IdentityParts, lend: Lend): readonly Page[] {
  const act = (how: 'read' | 'write', what: (request: PageRequest) => Act): Handle => (request) => run(parts.database, lend, request, how, what(request))
  const table: Readonly<Record<string, Partial<Record<Method, readonly [string, Handle]>>>> = {
    '/Users': { GET: ['listUsers', act('read', listed('User'))], POST: ['createUser', act('write', createUser)] },
    '/Users/.search': { POST: ['searchUsers', act('read', searched('User'))] },
    '/Users/{id}': { GET: ['getUser', act('read', getUser)], PUT: ['replaceUser', act('write', replaceUser)], PATCH: ['patchUser', act('write', patchUser)], DELETE: ['deleteUser', act('write', deleteUser)] },
    '/Groups': { GET: ['listGroups', act('read', listed('Group'))], POST: ['createGroup', act('write', createGroup)] },
    '/Groups/.search': { POST: ['searchGroups', act('read', searched('Group'))] },
    '/Groups/{id}': { GET: ['getGroup', act('read', getGroup)], PUT: ['replaceGroup', act('write', replaceGroup)], PATCH: ['patchGroup', act('write', patchGroup)], DELETE: ['deleteGroup', act('write', deleteGroup)] },
    '/ServiceProviderConfig': { GET: ['config', told((base) => discovery.serviceProviderConfig(base))] },
    '/ResourceTypes': { GET: ['resourceTypes', told((base) => discovery.listOf(discovery.resourceTypes(base)))] },
    '/ResourceTypes/{id}': { GET: ['resourceType', told((base, id) => discovery.resourceTypes(base).find((each) => each['id'] === id))] },
    '/Schemas': { GET: ['schemas', told((base) => discovery.listOf(discovery.schemas(base)))] },
    '/Schemas/{id}': { GET: ['schema', told((base, id) => discovery.schemas(base).find((each) => each['id'] === id))] },
    '/Bulk': { POST: ['bulk', () => Promise.reject(new ScimRefusal(501, null, 'Bulk is not supported; /ServiceProviderConfig says so.'))] },
    '/.search': { POST: ['search', () => Promise.reject(new ScimRefusal(501, null, 'Search at /Users/.search or /Groups/.search.'))] },
    '/*': {},
  }
  return Object.entries(table).flatMap(([path, handlers]) => METHODS.map((method) => pageOf(parts.database, method, path, handlers[method] ?? ['unknown', unknown(Object.keys(handlers))])))
}

const pageOf = (database: Database, method: Method, path: string, [name, handle]: readonly [string, Handle]): Page => ({
  name: `identity.scim.${name}`, method, path: `${ROOT}${path}`, accepts: 'scim', from: 'anywhere', speaksTo: 'machine', needs: 'scim:write', fails: problemAnswer,
  notes: (problem, refused) => noteRefusal(database, method, path, refused, refusalOf(problem)),
  handle: async (request) => {
    try {
      return await handle(request)
    } catch (error) {
      if (!(error instanceof ScimRefusal)) throw error
      if (request.ctx !== null) await noteRefusal(database, method, path, { ...request, ctx: request.ctx }, error)
      return refusalAnswer(error)
    }
  },
})

const unknown = (methods: readonly string[]): Handle => () => Promise.reject(methods.length === 0
  ? new ScimRefusal(404, null, 'There is nothing at this address. /scim/v2/ResourceTypes lists what there is.')
  : new ScimRefusal(405, null, `Only ${methods.join(', ')} is possible here.`, methods))

const baseOf = ({ origin }: PageRequest): string => origin + ROOT

function run(database: Database, lend: Lend, { ctx, ...request }: PageRequest, how: 'read' | 'write', act: Act): Promise<PageAnswer> {
  if (ctx === null) throw new Error('A page that needs a permission was given no context.')
  const scim: ScimCtx = ctx.need('scim:write')
  const work = async (tx: Tx<'write', 'scim:write'>): Promise<PageAnswer> => {
    const writing = lend(tx)
    return act(writing, await directoryOf(writing, scim.facts.actor.id, request.origin + ROOT))
  }
  return how === 'read' ? database.housekeep(scim, work) : database.write(scim, work)
}

/** Facts about the service itself. RFC 7644 §4: they cannot be filtered. */
const told = (what: (base: string, id: string) => Resource | undefined): Handle => (request) => {
  if (request.query.has('filter')) return Promise.reject(new ScimRefusal(403, null, 'This cannot be filtered.'))
  const value = what(baseOf(request), request.params['id'] ?? '')
  return value === undefined ? Promise.reject(new ScimRefusal(404, null, 'There is no such schema or resource type.')) : Promise.resolve(scimAnswer(value))
}

const idOf = ({ params }: PageRequest): string => params['id'] ?? ''
function bodyOf({ body }: PageRequest): unknown {
  if (body.length === 0) throw refuse('invalidSyntax', 'A JSON body is required.')
  return readJson(body)
}

const TAG = /^(?:W\/)?"(\d{1,15})"$/
/** The versions that a header names. A weak tag is all that SCIM has, so that strong and weak are the same here. */
function versionsOf(header: string): ReadonlySet<string> | '*' {
  if (header.trim() === '*') return '*'
  return new Set(header.split(',').map((tag) => TAG.exec(tag.trim())?.[1] ?? ''))
}
function expectedOf(request: PageRequest): Expected {
  const header = request.header('if-match')
  if (header === null) return () => true
  const versions = versionsOf(header)
  return (version) => versions === '*' || versions.has(String(version))
}

const projectionFor = (request: PageRequest, type: 'User' | 'Group'): Projection => questionOf(type, { ...askedByAddress(request.query), filter: null, startIndex: null, count: null, cursor: null, sortBy: null, sortOrder: null }).projection

function shownUser(request: PageRequest, { base }: Directory, row: Parameters<typeof userResource>[1], status = 200): PageAnswer {
  return scimAnswer(project(userResource(base, row), projectionFor(request, 'User')), status, { etag: etagOf(row.rowVersion), ...(status === 201 ? { location: locationOf(base, 'User', row.id) } : {}) })
}
async function shownGroup(tx: Writing, request: PageRequest, { base }: Directory, row: Parameters<typeof groupResource>[1], status = 200): Promise<PageAnswer> {
  const projection = projectionFor(request, 'Group')
  const members = isShown(projection, 'members') ? ((await membersOf(tx, [row.id])).get(row.id) ?? []) : null
  return scimAnswer(project(groupResource(base, row, members), projection), status, { etag: etagOf(row.rowVersion), ...(status === 201 ? { location: locationOf(base, 'Group', row.id) } : {}) })
}
const gone: PageAnswer = { status: 204, headers: {}, cookies: [], body: '' }
function unchanged(request: PageRequest, rowVersion: number): PageAnswer | null {
  const header = request.header('if-none-match')
  const versions = header === null ? null : versionsOf(header)
  return versions !== null && (versions === '*' || versions.has(String(rowVersion))) ? { status: 304, headers: { etag: etagOf(rowVersion) }, cookies: [], body: '' } : null
}

const listed = (type: 'User' | 'Group') => (request: PageRequest): Act => {
  const question = questionOf(type, askedByAddress(request.query))
  return async (tx, directory) => scimAnswer(await answerQuestion(tx, type, directory, question))
}
const searched = (type: 'User' | 'Group') => (request: PageRequest): Act => {
  const question = questionOf(type, askedByBody(bodyOf(request)))
  return async (tx, directory) => scimAnswer(await answerQuestion(tx, type, directory, question))
}

const getUser = (request: PageRequest): Act => async (tx, directory) => {
  const row = await users.findUser(tx, directory, idOf(request))
  return unchanged(request, row.rowVersion) ?? shownUser(request, directory, row)
}
const createUser = (request: PageRequest): Act => {
  const description = describe('User', bodyOf(request))
  return async (tx, directory) => shownUser(request, directory, await users.createUser(tx, directory, description), 201)
}
const replaceUser = (request: PageRequest): Act => {
  const description = describe('User', bodyOf(request))
  return async (tx, directory) => shownUser(request, directory, await users.changeUser(tx, directory, idOf(request), expectedOf(request), () => description))
}
const patchUser = (request: PageRequest): Act => {
  const operations = operationsOf('User', bodyOf(request))
  return async (tx, directory) => shownUser(request, directory, await users.changeUser(tx, directory, idOf(request), expectedOf(request), (now) => patched('User', now, operations)))
}
const deleteUser = (request: PageRequest): Act => async (tx, directory) => {
  await users.deleteUser(tx, directory, idOf(request), expectedOf(request))
  return gone
}

const getGroup = (request: PageRequest): Act => async (tx, directory) => {
  const row = await groups.findGroup(tx, directory, idOf(request))
  return unchanged(request, row.rowVersion) ?? shownGroup(tx, request, directory, row)
}
const createGroup = (request: PageRequest): Act => {
  const description = describe('Group', bodyOf(request))
  return async (tx, directory) => shownGroup(tx, request, directory, await groups.createGroup(tx, directory, description), 201)
}
const replaceGroup = (request: PageRequest): Act => {
  const next = describe('Group', bodyOf(request))
  const members = { ...NO_CHANGE, isReplacing: true, added: groups.membersOf(next) }
  return async (tx, directory) => shownGroup(tx, request, directory, await groups.changeGroup(tx, directory, idOf(request), expectedOf(request), () => ({ next, members })))
}
/** Answers 204, unless it is said what to show: a directory that moves one person needs no list of ten thousand. */
const patchGroup = (request: PageRequest): Act => {
  const operations = operationsOf('Group', bodyOf(request))
  const others = operations.filter(({ path }) => !isMembers(path))
  return async (tx, directory) => {
    const row = await groups.changeGroup(tx, directory, idOf(request), expectedOf(request), (now) => ({ next: patched('Group', now, others), members: memberChange(operations) }))
    return request.query.has('attributes') ? shownGroup(tx, request, directory, row) : { ...gone, headers: { etag: etagOf(row.rowVersion) } }
  }
}
const deleteGroup = (request: PageRequest): Act => async (tx, directory) => {
  await groups.deleteGroup(tx, directory, idOf(request), expectedOf(request))
  return gone
}
