// People who sign in and a directory that announces and removes people, all at once, while the service is killed. Each repeats what was not
// acknowledged, as a browser or a directory does, and remembers what was.
import { Visitor } from '../../src/app/demo-idp/visitor.ts'
import { isList, isRecord } from '../../src/kernel/json.ts'
import type { SignInHouse } from '../setup/sign-in.ts'
import { openSession } from '../setup/session.ts'
import { idOf, type UserId } from '../../src/kernel/ids.ts'

export interface Announced {
  readonly id: UserId
  readonly userName: string
  readonly sessions: readonly string[]
  isDeactivated: boolean
}
export interface IdentityLoad {
  /** Tokens of sessions that were given to a browser. */
  readonly sessions: readonly string[]
  readonly people: readonly Announced[]
  readonly cut: { readonly signIns: number; readonly requests: number }
  readonly faults: readonly string[]
}
export interface IdentityPlan {
  readonly house: SignInHouse
  readonly scimKey: string
  /** Kills when so many things were acknowledged, each once. */
  readonly killsAt: readonly number[]
  readonly kill: () => Promise<void>
}

const SIGN_IN_CLIENTS = 6
const SIGN_IN_TURNS = 6
const SCIM_CLIENTS = 8
const SCIM_TURNS = 8
/** Signing in is one thing to be acknowledged; announcing, changing and deactivating are three. */
export const ALL = SIGN_IN_CLIENTS * SIGN_IN_TURNS + SCIM_CLIENTS * SCIM_TURNS * 3
const PATIENCE_MS = 90_000
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 200))

/** Nobody answered, or not to the end: it may have been done, or not. */
class Cut extends Error {}

class Load {
  readonly sessions: string[] = []
  readonly people: Announced[] = []
  readonly faults: string[] = []
  readonly killing: Promise<void>[] = []
  readonly cut = { signIns: 0, requests: 0 }
  readonly #plan: IdentityPlan
  #acknowledged = 0
  constructor(plan: IdentityPlan) {
    this.#plan = plan
  }

  async signInClient(number: number): Promise<void> {
    const { house } = this.#plan
    const { people } = house.company('acme')
    for (let turn = 0; turn < SIGN_IN_TURNS; turn += 1) {
      const subject = people[(number + turn) % people.length]?.subject ?? ''
      this.sessions.push(await this.#insist('signIns', async () => {
        const visitor = new Visitor()
        const end = await house.signIn('acme', subject, visitor).catch((error: unknown) => {
          throw new Cut('Nobody answered.', { cause: error })
        })
        const token = visitor.cookie(house.url, 'bss')
        if (end.status === 503) throw new Cut('It is stopping or starting.')
        if (new URL(end.url).pathname !== '/' || end.status !== 200 || token === undefined) throw new Error(`${subject} was refused: ${end.status} ${end.url} ${end.html.slice(0, 300)}`)
        return token
      }))
      this.#acknowledge()
    }
  }

  async directoryClient(number: number): Promise<void> {
    for (let turn = 0; turn < SCIM_TURNS; turn += 1) {
      const userName = `crash-${number}-${turn}@acme.example`
      const id = await this.#announce(userName)
      const organizationId = this.#plan.house.acme.id
      const sessions = [await openSession(this.#plan.house.superuserUrl, { organizationId, userId: id }), await openSession(this.#plan.house.superuserUrl, { organizationId, userId: id })]
      const mine: Announced = { id, userName, sessions, isDeactivated: false }
      this.people.push(mine)
      this.#acknowledge()
      await this.#patch(id, [{ op: 'replace', path: 'title', value: `Title ${turn}` }, { op: 'replace', path: 'name.familyName', value: `Family ${turn}` }])
      this.#acknowledge()
      if (turn % 4 !== 3) {
        await this.#patch(id, [{ op: 'Replace', path: 'active', value: 'False' }])
        mine.isDeactivated = true
      }
      this.#acknowledge()
    }
  }

  /** What a directory does: it asks for the name first when it does not know whether the person is there. */
  async #announce(userName: string): Promise<UserId> {
    const body = { userName, displayName: `Person ${userName}`, active: true, emails: [{ value: userName, type: 'work', primary: true }] }
    return this.#insist('requests', async () => {
      const made = await this.#ask('POST', '/Users', body)
      if (made.status === 201) return idOf<'User'>(String(made.body['id']))
      if (made.status !== 409) throw new Error(`${userName} was refused: ${made.status} ${JSON.stringify(made.body)}`)
      const found = await this.#ask('GET', `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`)
      const resources: unknown = found.body['Resources']
      const [first] = isList(resources) ? resources : []
      if (!isRecord(first)) throw new Error(`${userName} is taken, and is not there.`)
      return idOf<'User'>(String(first['id']))
    })
  }

  async #patch(id: UserId, operations: readonly object[]): Promise<void> {
    await this.#insist('requests', async () => {
      const { status, body } = await this.#ask('PATCH', `/Users/${id}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations })
      if (status !== 200) throw new Error(`${id} could not be changed: ${status} ${JSON.stringify(body)}`)
    })
  }

  async #ask(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
    const { house, scimKey } = this.#plan
    try {
      const answer = await fetch(`${house.url}/scim/v2${path}`, { method, headers: { authorization: `Bearer ${scimKey}`, 'content-type': 'application/scim+json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
      const value: unknown = await answer.json()
      if (answer.status === 503 || answer.status === 429) throw new Cut(`Turned away: ${answer.status}`)
      return { status: answer.status, body: isRecord(value) ? value : {} }
    } catch (error) {
      throw error instanceof Cut ? error : new Cut('Nobody answered.', { cause: error })
    }
  }

  async #insist<T>(what: keyof Load['cut'], act: () => Promise<T>): Promise<T> {
    for (const untilMs = performance.now() + PATIENCE_MS; ;) {
      try {
        return await act()
      } catch (error) {
        if (!(error instanceof Cut) || performance.now() > untilMs) throw error
        this.cut[what] += 1
        await pause()
      }
    }
  }

  #acknowledge(): void {
    this.#acknowledged += 1
    if (this.#acknowledged === this.#plan.killsAt[this.killing.length]) this.killing.push(this.#plan.kill())
  }
}

export async function runIdentityLoad(plan: IdentityPlan): Promise<IdentityLoad> {
  const load = new Load(plan)
  const noting = (work: Promise<void>): Promise<void> => work.catch((error: unknown) => void load.faults.push(String(error)))
  await Promise.all([
    ...Array.from({ length: SIGN_IN_CLIENTS }, (_, number) => noting(load.signInClient(number))), ...Array.from({ length: SCIM_CLIENTS }, (_, number) => noting(load.directoryClient(number))),
  ])
  await Promise.all(load.killing)
  return load
}
