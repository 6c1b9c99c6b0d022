// Pages for people of the platform. Plain on purpose: they are few, and everything they do is written down twice.
import { html, type Html } from '../../../platform/http/html.ts'
import { frame, page, type PageAnswer } from '../../../platform/http/page.ts'
import { addressNotice, linkForm, passkeyForm } from '../passkeys/views.ts'
import type { BreakGlass, SupportGrant } from '../support/contract.ts'
import type { Staff } from '../support/desk.ts'

interface Question {
  readonly options: unknown
  readonly state: string
}
const scripted = (title: string, body: Html): PageAnswer => page(frame(title, body, { hasScript: true }), { hasScript: true })

export const signInPage = (question: Question, origin: string): PageAnswer => scripted('Platform', html`
  <h1>Platform</h1>${addressNotice(origin)}<p>For the people who run this installation.</p>${passkeyForm({ action: '/platform/sign-in', kind: 'get', ...question, button: 'Sign in with a passkey' })}`)

export const refusedPage = (requestId: string): PageAnswer => page(frame('Sign-in did not work', html`
  <h1>Sign-in did not work</h1><p class="notice bad">We could not sign you in.</p><p class="hint">Request ${requestId}</p><p><a class="button" href="/platform/sign-in">Try again</a></p>`), { status: 403 })

export const linkPage = (): PageAnswer => scripted('Register a passkey', html`<h1>Register a passkey</h1><p>For the platform. This link works once.</p>${linkForm('/platform/enrol/begin')}`)

export const enrolPage = (question: Question & { name: string }, secret: string, origin: string): PageAnswer => scripted('Register a passkey', html`
  <h1>Register a passkey for ${question.name}</h1>${addressNotice(origin)}
  ${passkeyForm({ action: '/platform/enrol', kind: 'create', options: question.options, state: question.state, button: 'Register a passkey', more: html`<input type="hidden" name="secret" value="${secret}">` })}`)

export const deskPage = (staff: Staff, emergencies: readonly BreakGlass[]): PageAnswer => page(frame('Platform', html`
  <h1>Platform</h1><p>You are <strong>${staff.name}</strong>. You see organizations, and nothing in them unless they let you.</p>
  <form method="get" action="/platform/organization"><label for="slug">Short name of an organization</label><input id="slug" name="slug" required maxlength="40" autocapitalize="none" spellcheck="false"><button type="submit">What does it let me do?</button></form>
  <h2>Emergencies</h2>${emergencies.length === 0 ? html`<p>None.</p>` : html`<ul>${emergencies.map((each) => html`<li><strong>${each.organizationSlug}</strong>, asked by ${each.requestedByName} at ${each.requestedAt}: ${each.reason}
    ${each.approvedByName === null
      ? each.requestedByName !== staff.name && html`<form method="post" action="/platform/break-glass/approve"><input type="hidden" name="id" value="${each.id}"><button type="submit">Approve: open it for an hour</button></form>`
      : html` · approved by ${each.approvedByName}, open until ${each.expiresAt}`}</li>`)}</ul>`}
  <form method="post" action="/platform/sign-out"><button class="quiet" type="submit">Sign out</button></form>`))

export const organizationPage = (slug: string, organizationId: string, grants: readonly SupportGrant[]): PageAnswer => page(frame(slug, html`
  <h1>${slug}</h1>
  ${grants.length === 0 ? html`<p class="notice">It lets you look at nothing at the moment. One of its Tenant Admins can grant support.</p>` : html`<ul>${grants.map((each) => html`<li>${each.reason}, until ${each.expiresAt}
    <form method="post" action="/platform/support"><input type="hidden" name="organizationId" value="${organizationId}"><input type="hidden" name="supportGrantId" value="${each.id}"><button type="submit">Look, read-only</button></form></li>`)}</ul>`}
  <h2>Emergency</h2><p>A second person of the platform has to approve within 15 minutes. The organization is told at once, and can end it.</p>
  <form method="post" action="/platform/break-glass"><input type="hidden" name="organizationId" value="${organizationId}">
    <label for="reason">Why</label><input id="reason" name="reason" required minlength="10" maxlength="500"><button class="quiet" type="submit">Ask to break the glass</button></form>
  <p><a href="/platform">Back</a></p>`))

export const noOrganizationPage = (slug: string): PageAnswer => page(frame('Platform', html`<h1>No organization ${slug}</h1><p class="notice">There is no active organization of this short name.</p><p><a href="/platform">Back</a></p>`), { status: 404 })
