// Lists: filter, order, and a window by index (RFC 7644 §3.4.2.4) or by cursor (RFC 9865). A question comes in the address or as a body.
import { isUuid } from '../../../kernel/ids.ts'
import { isList, isRecord } from '../../../kernel/json.ts'
import { cursorOf, readCursor } from '../../../kernel/page.ts'
import { keyDigest } from '../../../platform/crypto/keys.ts'
import type { Directory, Writing } from './directory.ts'
import { parseFilter } from './filter.ts'
import { planOf, type Plan } from './filter-plan.ts'
import * as groups from './groups-store.ts'
import { isShown, namesIn, project, projectionOf, type Projection } from './projection.ts'
import { refuse } from './refusal.ts'
import { groupResource, userResource, type Resource } from './resources.ts'
import type { ResourceType } from './schemas.ts'
import * as users from './users-store.ts'

const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'
const SEARCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:searchrequest'
export const COUNT_DEFAULT = 100
export const COUNT_MAX = 200
/** A window of groups ends before it would carry more members than this; the next one goes on from there. */
const MEMBERS_IN_LIST_MAX = 20_000
const START_MAX = 1_000_000

export interface Question {
  readonly plan: Plan | null
  readonly filter: string
  readonly startIndex: number
  readonly count: number
  /** Undefined: paged by index. Null: the first window by cursor. */
  readonly cursor: string | null | undefined
  readonly sortBy: string | null
  readonly isDescending: boolean
  readonly projection: Projection
}
interface Asked {
  readonly filter: string | null
  readonly startIndex: string | null
  readonly count: string | null
  readonly cursor: string | null
  readonly sortBy: string | null
  readonly sortOrder: string | null
  readonly attributes: readonly string[]
  readonly excluded: readonly string[]
}

export const askedByAddress = (query: URLSearchParams): Asked => {
  const get = (wanted: string): string | null => [...query.entries()].find(([name]) => name.toLowerCase() === wanted)?.[1] ?? null
  return {
    filter: get('filter'), startIndex: get('startindex'), count: get('count'), cursor: get('cursor'), sortBy: get('sortby'), sortOrder: get('sortorder'),
    attributes: namesIn(get('attributes')), excluded: namesIn(get('excludedattributes')),
  }
}

/** The body of `/.search`. */
export function askedByBody(body: unknown): Asked {
  if (!isRecord(body)) throw refuse('invalidSyntax', 'The body must be a JSON object.')
  const get = (wanted: string): unknown => Object.entries(body).find(([name]) => name.toLowerCase() === wanted)?.[1]
  const schemas = get('schemas')
  if (schemas !== undefined && !(isList(schemas) && schemas.some((each) => String(each).toLowerCase() === SEARCH_SCHEMA))) throw refuse('invalidSyntax', 'schemas must name urn:ietf:params:scim:api:messages:2.0:SearchRequest.')
  const word = (name: string): string | null => {
    const value = get(name)
    if (value === undefined || value === null) return null
    if (typeof value !== 'string' && typeof value !== 'number') throw refuse('invalidValue', `${name} must be a text or a number.`)
    return String(value)
  }
  const names = (name: string): readonly string[] => {
    const value = get(name)
    return isList(value) ? value.map(String) : namesIn(typeof value === 'string' ? value : null)
  }
  return {
    filter: word('filter'), startIndex: word('startindex'), count: word('count'), cursor: word('cursor'), sortBy: word('sortby'), sortOrder: word('sortorder'),
    attributes: names('attributes'), excluded: names('excludedattributes'),
  }
}

const SORTS: Readonly<Record<string, string>> = { 'meta.created': 'created', 'meta.lastmodified': 'lastModified', username: 'userName', displayname: 'displayName', externalid: 'externalId', id: 'id' }

/** Reads a question, or refuses it with the reason. */
export function questionOf(type: ResourceType, asked: Asked): Question {
  const filter = asked.filter?.trim() ?? ''
  const plan = filter === '' ? null : planOf(type, parseFilter(filter))
  const sort = asked.sortBy === null || asked.sortBy === '' ? null : SORTS[asked.sortBy.slice(asked.sortBy.lastIndexOf(':') + 1).toLowerCase()]
  const known = type === 'User' ? users.list.sorts : groups.list.sorts
  if (sort === undefined || (sort !== null && sort !== 'id' && !known.has(sort))) throw refuse('invalidValue', `Lists can be sorted by ${[...known].join(', ')}.`)
  const order = asked.sortOrder?.toLowerCase() ?? 'ascending'
  if (order !== 'ascending' && order !== 'descending') throw refuse('invalidValue', 'sortOrder must be ascending or descending.')
  if (asked.cursor !== null && sort !== null) throw refuse('invalidValue', 'A sorted list is paged by startIndex.')
  return {
    plan, filter, startIndex: Math.max(1, numberOf('startIndex', asked.startIndex, 1, START_MAX)), count: Math.max(0, Math.min(COUNT_MAX, numberOf('count', asked.count, COUNT_DEFAULT, Number.MAX_SAFE_INTEGER))),
    cursor: asked.cursor === null ? undefined : cursorAfter(asked.cursor, filter), sortBy: sort === 'id' ? null : sort, isDescending: order === 'descending' && sort !== null,
    projection: projectionOf(type, asked.attributes, asked.excluded),
  }
}

function numberOf(name: string, text: string | null, otherwise: number, max: number): number {
  if (text === null || text === '') return otherwise
  const value = Number(text)
  if (!/^[+-]?\d{1,16}$/.test(text) || !Number.isSafeInteger(value) || value > max) throw refuse('invalidValue', `${name} must be a whole number up to ${max}.`)
  return value
}

/** A cursor belongs to its filter: with another one it would skip what nobody has seen. */
const markOf = (filter: string): string => keyDigest(filter).slice(0, 16)
function cursorAfter(text: string, filter: string): string | null {
  if (text === '') return null
  const [id, mark] = text.length > 300 ? [] : (readCursor(text, 2) ?? [])
  if (typeof id !== 'string' || !isUuid(id) || mark !== markOf(filter)) throw refuse('invalidCursor', 'The cursor is not one of this list. Start again without one.')
  return id
}

interface Found {
  readonly rows: readonly { readonly id: string; readonly resource: Resource }[]
  readonly hasMore: boolean
}

export async function answerQuestion(tx: Writing, type: ResourceType, directory: Directory, question: Question): Promise<Resource> {
  const { plan, filter, cursor, count, startIndex, projection } = question
  const total = type === 'User' ? await users.list.count(tx, directory.connectionId, plan) : await groups.list.count(tx, directory.connectionId, plan, plan?.members.filter(isUuid) ?? [])
  const { rows, hasMore } = count === 0 || total === 0 ? { rows: [], hasMore: false } : type === 'User' ? await usersIn(tx, directory, question) : await groupsIn(tx, directory, question)
  const last = rows.at(-1)
  return {
    schemas: [LIST_SCHEMA], totalResults: total, itemsPerPage: rows.length, ...(cursor === undefined ? { startIndex } : hasMore && last !== undefined ? { nextCursor: cursorOf([last.id, markOf(filter)]) } : {}),
    Resources: rows.map(({ resource }) => project(resource, projection)),
  }
}

const windowOf = ({ plan, cursor, count, startIndex, sortBy, isDescending }: Question) => ({
  plan, sortBy, isDescending, offset: cursor === undefined ? startIndex - 1 : 0, limit: count + 1, afterId: cursor ?? null,
})

async function usersIn(tx: Writing, directory: Directory, question: Question): Promise<Found> {
  const rows = await users.list.window(tx, directory.connectionId, windowOf(question))
  return { rows: rows.slice(0, question.count).map((row) => ({ id: row.id, resource: userResource(directory.base, row) })), hasMore: rows.length > question.count }
}

async function groupsIn(tx: Writing, directory: Directory, question: Question): Promise<Found> {
  const found = await groups.list.window(tx, directory.connectionId, windowOf(question), question.plan?.members.filter(isUuid) ?? [])
  const hasMembers = isShown(question.projection, 'members')
  let members = 0
  const rows = found.slice(0, question.count).filter((row, index) => {
    members += row.memberCount
    return !hasMembers || index === 0 || members <= MEMBERS_IN_LIST_MAX
  })
  const byGroup = hasMembers && rows.length > 0 ? await groups.membersOf(tx, rows.map(({ id }) => id)) : null
  return { rows: rows.map((row) => ({ id: row.id, resource: groupResource(directory.base, row, byGroup === null ? null : (byGroup.get(row.id) ?? [])) })), hasMore: found.length > rows.length }
}
