// The addresses of the guided page. Whoever has the link's cookie works as the link and as nobody else: no session, and of the
// organization nothing but its name, one connection and that connection's domains.
import { idOf, isUuid, type OrganizationId } from '../../../kernel/ids.ts'
import { Problem } from '../../../kernel/problem.ts'
import { keyDigest, newKey } from '../../../platform/crypto/keys.ts'
import { redirect, type Page, type PageAnswer, type PageRequest } from '../../../platform/http/page.ts'
import { systemContext } from '../../../platform/jobs/system-context.ts'
import { oidcAddresses, samlAddresses } from '../connections/addresses.ts'
import { shownConnection } from '../connections/shown.ts'
import { findConnection } from '../connections/store.ts'
import { newTicket } from '../connections/ticket.ts'
import { shownDomain } from '../domains/decide.ts'
import { domainsOfConnection } from '../domains/store.ts'
import type { IdentityParts } from '../parts.ts'
import { addOwnDomain, faultsOf, saveConnection, verifyOwnDomain, type Desk } from './decide.ts'
import { isChoice, isOpenToSetUp, kindOf, missingFields, returnOf, valuesOf, FIELDS, type Values } from './rules.ts'
import * as store from './store.ts'
import { beginPage, connectionBody, deadLinkPage, doneBody, domainBody, finishedPage, guidePage, lockedBody, NOTHING_SAID, providerBody, reachable, STEPS, testBody, type Guide, type Said, type Step } from './views.ts'

const HOURS_72 = 72 * 3600
const SLUG = /^[a-z][a-z0-9-]{1,39}$/

export function setupPages(parts: IdentityParts): readonly Page[] {
  const person = { accepts: 'none', from: 'here', speaksTo: 'person' } as const
  const form = { ...person, method: 'POST', accepts: 'form' } as const
  const guided = (handle: (desk: Desk, guide: Guide) => Promise<PageAnswer> | PageAnswer) => (request: PageRequest): Promise<PageAnswer> => at(parts, request, handle)
  const open = (handle: (desk: Desk, guide: Guide) => Promise<PageAnswer> | PageAnswer) => guided((desk, guide) => (isOpen(guide) ? handle(desk, guide) : guidePage(guide, 'done', lockedBody(guide))))
  return [
    { name: 'identity.setupLink', method: 'GET', path: '/setup/{slug}/{token}', ...person, handle: (request) => offer(parts, request) },
    { name: 'identity.openSetupLink', path: '/setup/{slug}/{token}', ...form, handle: (request) => begin(parts, request) },
    { name: 'identity.setupPage', method: 'GET', path: '/setup', ...person, handle: guided((desk, guide) => show(guide, stepOf(desk.request.query.get('step'), guide), NOTHING_SAID)) },
    { name: 'identity.setupProvider', path: '/setup/provider', ...form, handle: open(choose) },
    { name: 'identity.setupConnection', path: '/setup/connection', ...form, handle: open(connect) },
    { name: 'identity.setupDomain', path: '/setup/domains', ...form, handle: open(addDomain) },
    { name: 'identity.setupVerify', path: '/setup/verify', ...form, handle: open(verify) },
    { name: 'identity.setupTest', path: '/setup/test', ...form, handle: open((desk, guide) => Promise.resolve(guide.connection === null ? redirect('/setup') : redirect(newTicket(parts, guide.connection.id, desk.link.id, returnOf(desk.link.id)).url))) },
    { name: 'identity.setupFinish', path: '/setup/finish', ...form, handle: guided(finish) },
  ]
}

const isOpen = ({ connection }: Guide): boolean => connection === null || isOpenToSetUp(connection.status)

/** Where a link leads to, by its address; null for every one that does not work. */
async function unopened(parts: IdentityParts, { params, requestId }: PageRequest): Promise<{ organizationId: OrganizationId; link: store.GuidedLink; digest: string; slug: string } | null> {
  const { slug = '', token = '' } = params
  const organizationId = SLUG.test(slug) && token.length <= 100 ? await parts.database.homeOf({ slug }) : null
  if (organizationId === null) return null
  const digest = keyDigest(token)
  const link = await parts.database.housekeep(systemContext({ organizationId, permissions: ['identity:write'], operation: 'identity.openSetupLink', requestId }), (tx) => store.findUnopened(tx, digest))
  return link === null ? null : { organizationId, link, digest, slug }
}

/** Asks first: programs that look at links in messages open them too, and would use it up. */
async function offer(parts: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const found = await unopened(parts, request)
  return found === null ? deadLinkPage() : beginPage(found.link, `/setup/${found.slug}/${request.params['token'] ?? ''}`)
}

async function begin(parts: IdentityParts, request: PageRequest): Promise<PageAnswer> {
  const found = await unopened(parts, request)
  if (found === null) return deadLinkPage()
  const browser = newKey('s')
  const { organizationId, link, digest, slug } = found
  const ctx = systemContext({ organizationId, permissions: ['identity:write'], operation: 'identity.openSetupLink', requestId: request.requestId, actor: actorOf(link) })
  const bound = await parts.database.write(ctx, (tx) => store.bindLink(tx, digest, keyDigest(browser)))
  return bound === null ? deadLinkPage() : redirect('/setup', [{ name: 'setup', value: `${slug}.${browser}`, maxAgeSeconds: HOURS_72 }])
}

const actorOf = ({ id, name }: store.GuidedLink) => ({ kind: 'system', id: idOf<'Actor'>(id), name }) as const

/** Finds the link of this browser and what it is about. */
async function at(parts: IdentityParts, request: PageRequest, handle: (desk: Desk, guide: Guide) => Promise<PageAnswer> | PageAnswer): Promise<PageAnswer> {
  const [slug = '', secret = ''] = (request.cookie('setup') ?? '').split('.')
  const organizationId = SLUG.test(slug) ? await parts.database.homeOf({ slug }) : null
  if (organizationId === null) return deadLinkPage()
  const look = systemContext({ organizationId, permissions: ['identity:write'], operation: 'identity.setUp', requestId: request.requestId })
  const found = await parts.database.housekeep(look, async (tx) => {
    const link = await store.findByBrowser(tx, keyDigest(secret))
    if (link === null) return null
    const connection = link.connectionId === null ? null : await findConnection(tx, link.connectionId)
    return { link, connection, domains: connection === null ? [] : await domainsOfConnection(tx, connection.id) }
  })
  if (found === null) return deadLinkPage()
  const { link, connection, domains } = found
  const context = () => systemContext({ organizationId, permissions: ['identity:write', 'identity:read'], operation: 'identity.setUp', requestId: request.requestId, actor: actorOf(link) })
  const { redirectUri, backchannelLogoutUri, jwksUri } = oidcAddresses(parts.origin(), link.reserved)
  const { entityId, acsUrl } = samlAddresses(parts.origin(), link.reserved)
  return handle(
    {
      parts, request, link,
      write: (work) => parts.database.write(context(), async (tx) => {
        const live = await store.lockLive(tx, link.id)
        if (live === null) throw new Problem('conflict', 'This link has ended.')
        return work(tx, live)
      }),
    },
    { link, connection: connection === null ? null : shownConnection(parts.origin(), connection), domains: domains.map((row) => shownDomain(row)), addresses: { redirectUri, backchannelLogoutUri, jwksUri, entityId, acsUrl } },
  )
}

/** The step that was asked for, or the first that is not done yet. */
function stepOf(wanted: string | null, guide: Guide): Step {
  const open = reachable(guide)
  const asked = STEPS.find((each) => each === wanted && open.has(each))
  if (asked !== undefined) return asked
  if (guide.link.choice === null) return 'provider'
  if (guide.connection === null) return 'connection'
  return open.has('done') ? 'done' : guide.domains.some(({ status }) => status === 'verified') ? 'test' : 'domain'
}

function show(guide: Guide, step: Step, said: Said): PageAnswer {
  if (!isOpen(guide)) return guidePage(guide, 'done', lockedBody(guide))
  const { choice } = guide.link
  if (step === 'connection' && choice !== null) {
    const known: Values = guide.connection === null ? { name: CHOICE_DEFAULT, clientAuth: 'client_secret_basic' } : valuesOf(guide.connection)
    return guidePage(guide, step, connectionBody(guide, choice, { ...said, values: { ...known, ...said.values } }), said.faults)
  }
  const body = step === 'domain' ? domainBody(guide, said) : step === 'test' ? testBody(guide) : step === 'done' ? doneBody(guide) : providerBody(guide)
  return guidePage(guide, step, body, said.faults)
}
const CHOICE_DEFAULT = 'Company sign-in'

async function choose({ request, link, write }: Desk, guide: Guide): Promise<PageAnswer> {
  const choice = request.form.get('choice') ?? ''
  if (!isChoice(choice) || (guide.connection !== null && kindOf(choice) !== guide.connection.kind)) return show(guide, 'provider', { values: {}, faults: { '': 'Choose one of the providers.' } })
  await write((tx) => store.saveChoice(tx, link.id, choice))
  return redirect('/setup?step=connection')
}

/** A refusal becomes faults beside the fields; what is no refusal of the input stays what it is. */
async function orFaults(work: () => Promise<unknown>, next: string, refused: (problem: Problem) => PageAnswer): Promise<PageAnswer> {
  try {
    await work()
    return redirect(next)
  } catch (error) {
    if (error instanceof Problem && [404, 409, 422].includes(error.status)) return refused(error)
    throw error
  }
}

async function connect(desk: Desk, guide: Guide): Promise<PageAnswer> {
  const { choice } = desk.link
  if (choice === null) return redirect('/setup')
  const values = Object.fromEntries(FIELDS[choice].map(({ name }) => [name, desk.request.form.get(name) ?? '']))
  const again = (faults: Values): PageAnswer => show(guide, 'connection', { values, faults })
  const missing = missingFields(choice, values, guide.connection?.hasSecret === true)
  if (Object.keys(missing).length > 0) return again(missing)
  return orFaults(() => saveConnection(desk, choice, values), '/setup?step=domain', (problem) => again(faultsOf(choice, problem)))
}

async function addDomain(desk: Desk, guide: Guide): Promise<PageAnswer> {
  const domain = (desk.request.form.get('domain') ?? '').trim().slice(0, 260)
  const { connection } = guide
  if (connection === null) return redirect('/setup')
  return orFaults(() => addOwnDomain(desk, connection.id, domain, guide.domains.length), '/setup?step=domain', (problem) => show(guide, 'domain', { values: { domain }, faults: { domain: problem.errors[0]?.message ?? problem.message } }))
}

async function verify(desk: Desk, guide: Guide): Promise<PageAnswer> {
  const wanted = desk.request.form.get('domain') ?? ''
  // Only a domain of the link's own connection: the list was made from it.
  if (!isUuid(wanted) || !guide.domains.some(({ id }) => id === wanted)) return show(guide, 'domain', { values: {}, faults: { '': 'This domain is not on the list.' } })
  return orFaults(() => verifyOwnDomain(desk, idOf<'EmailDomain'>(wanted)), '/setup?step=domain', (problem) => show(guide, 'domain', { values: {}, faults: { '': 'The domain is not proven yet: see below.', [wanted]: problem.message } }))
}

async function finish({ link, write }: Desk): Promise<PageAnswer> {
  await write((tx) => store.finishLink(tx, link.id))
  return finishedPage()
}
