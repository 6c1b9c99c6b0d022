// The addresses of the platform's people, with a cookie of their own.
import { idOf, isUuid } from '../../../kernel/ids.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { redirect, type Page, type PageAnswer, type PageRequest } from '../../../platform/http/page.ts'
import { PasskeyRefused } from '../../../platform/webauthn/passkeys.ts'
import type { IdentityParts } from '../parts.ts'
import { answerOf } from '../passkeys/sign-in.ts'
import { deadLinkPage, enrolledPage } from '../passkeys/views.ts'
import * as desk from '../support/desk.ts'
import { beginEnrolment, finishEnrolment } from './enrol.ts'
import { askStaff, errandOf, signInStaff, signOutStaff } from './sign-in.ts'
import { deskPage, enrolPage, linkPage, noOrganizationPage, organizationPage } from './views.ts'

export function staffPages(parts: IdentityParts): readonly Page[] {
  const { database } = parts
  const person = { accepts: 'none', from: 'here', speaksTo: 'person' } as const
  const form = { ...person, method: 'POST', accepts: 'form' } as const
  const asStaff = (handle: (request: PageRequest, errand: desk.Errand) => Promise<PageAnswer>) => async (request: PageRequest): Promise<PageAnswer> => {
    const errand = await errandOf(parts, request)
    return errand === null ? redirect('/platform/sign-in') : handle(request, errand)
  }
  return [
    { name: 'platform.signInPage', method: 'GET', path: '/platform/sign-in', ...person, handle: () => askStaff(parts) },
    { name: 'platform.signIn', path: '/platform/sign-in', ...form, handle: (request) => signInStaff(parts, request) },
    { name: 'platform.enrolLink', method: 'GET', path: '/platform/enrol', ...person, handle: () => Promise.resolve(linkPage()) },
    { name: 'platform.beginEnrolment', path: '/platform/enrol/begin', ...form, handle: (request) => begin(parts, request) },
    { name: 'platform.enrol', path: '/platform/enrol', ...form, handle: async (request) => ((await finishEnrolment(parts, request, answered(request))) ? enrolledPage('/platform/sign-in') : deadLinkPage()) },
    { name: 'platform.desk', method: 'GET', path: '/platform', ...person, handle: asStaff(async (_request, { staff }) => deskPage(staff, await desk.listBreakGlass(database))) },
    { name: 'platform.organization', method: 'GET', path: '/platform/organization', ...person, handle: asStaff((request, errand) => organization(parts, request, errand)) },
    { name: 'platform.openSupport', path: '/platform/support', ...form, handle: asStaff((request, errand) => openSupport(parts, request, errand)) },
    { name: 'platform.requestBreakGlass', path: '/platform/break-glass', ...form, handle: asStaff(async ({ form: fields }, errand) => {
      const reason = (fields.get('reason') ?? '').trim()
      if (reason.length < 10 || reason.length > 500) throw new Problem('invalid', 'Say why, in 10 to 500 characters.')
      await desk.requestBreakGlass(database, errand, idOf<'Organization'>(idIn(fields, 'organizationId', 'organization')), reason, parts.nowMs())
      return redirect('/platform')
    }) },
    { name: 'platform.approveBreakGlass', path: '/platform/break-glass/approve', ...form, handle: asStaff(async ({ form: fields }, errand) => {
      await desk.approveBreakGlass(database, errand, idOf<'BreakGlass'>(idIn(fields, 'id', 'request')), parts.nowMs())
      return redirect('/platform')
    }) },
    { name: 'platform.signOut', path: '/platform/sign-out', ...form, handle: (request) => signOutStaff(parts, request) },
  ]
}

function idIn(fields: URLSearchParams, name: string, what: string): string {
  const id = fields.get(name) ?? ''
  if (!isUuid(id)) throw notFound(what)
  return id
}
function answered(request: PageRequest): unknown {
  try {
    return answerOf(request)
  } catch (error) {
    if (error instanceof PasskeyRefused) throw new Problem('invalid', 'The browser sent no answer of an authenticator.')
    throw error
  }
}

async function begin(parts: IdentityParts, { form }: PageRequest): Promise<PageAnswer> {
  const secret = (form.get('secret') ?? '').slice(0, 100)
  const question = await beginEnrolment(parts, secret)
  return question === null ? deadLinkPage() : enrolPage(question, secret, parts.origin())
}

async function organization(parts: IdentityParts, request: PageRequest, errand: desk.Errand): Promise<PageAnswer> {
  const slug = (request.query.get('slug') ?? '').trim().toLowerCase().slice(0, 40)
  const organizationId = /^[a-z][a-z0-9-]{1,39}$/.test(slug) ? await parts.database.homeOf({ slug }) : null
  return organizationId === null ? noOrganizationPage(slug) : organizationPage(slug, organizationId, await desk.grantsFor(parts.database, errand, organizationId))
}

/** The session of the organization goes into the ordinary cookie: from here on it is like anybody's, with the role support. */
async function openSupport(parts: IdentityParts, { form }: PageRequest, errand: desk.Errand): Promise<PageAnswer> {
  const opened = await desk.openSession(parts.database, errand, idOf<'Organization'>(idIn(form, 'organizationId', 'organization')), idOf<'SupportGrant'>(idIn(form, 'supportGrantId', 'support grant')))
  return redirect('/', [{ name: 'session', value: opened.token }])
}
