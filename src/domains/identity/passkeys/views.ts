// Pages about passkeys. They are the only ones that run a script, because browsers offer passkeys in no other way.
import { html, type Html } from '../../../platform/http/html.ts'
import { frame, page, type PageAnswer } from '../../../platform/http/page.ts'
import type { Passkey } from './contract.ts'

const scripted = (title: string, body: Html, status = 200): PageAnswer => page(frame(title, body, { hasScript: true }), { hasScript: true, status })

/** Browsers refuse passkeys at a bare address, whatever the page does. */
export const addressNotice = (origin: string): Html | null =>
  /^\d+\.\d+\.\d+\.\d+$|^\[/.test(new URL(origin).hostname)
    ? html`<p class="notice bad">This server is known as ${origin}. Browsers allow passkeys only at a name: set BSS_PUBLIC_URL to https://your-name, or to http://localhost:${new URL(origin).port} on your own machine.</p>`
    : null

export interface Question {
  readonly action: string
  readonly kind: 'create' | 'get'
  readonly options: unknown
  readonly state: string
  readonly button: string
  readonly more?: Html
}
export const passkeyForm = ({ action, kind, options, state, button, more }: Question): Html => html`
  <form method="post" action="${action}" data-passkey="${kind}" data-options="${JSON.stringify(options)}">
    <input type="hidden" name="state" value="${state}"><input type="hidden" name="answer" value="">${more}
    <button type="submit">${button}</button><p role="status" class="hint"></p>
  </form><noscript><p class="notice bad">Passkeys need JavaScript. It is one short file of this server: /assets/passkey.js</p></noscript>`
export const nameField: Html = html`<label for="name">Name of this passkey</label><input id="name" name="name" required maxlength="100" placeholder="Key in the safe" autocomplete="off">`

/** The secret of a link is behind the #; the script puts it into the form. */
export const linkForm = (action: string, fields: Html | null = null): Html =>
  html`<form method="post" action="${action}" data-link>${fields}<input type="hidden" name="secret" value=""><button type="submit">Continue</button></form><noscript><p class="notice bad">Passkeys need JavaScript.</p></noscript>`

export const askPage = (slug: string): PageAnswer => page(frame('Sign in with a passkey', html`
  <h1>Sign in with a passkey</h1><p>For recovery administrators. Which organization?</p>
  ${slug !== '' && html`<p class="notice">The short name has small letters, digits and hyphens, such as <strong>acme</strong>.</p>`}
  <form method="get" action="/sign-in/passkey"><label for="org">Short name of the organization</label>
    <input id="org" name="org" required maxlength="40" autocapitalize="none" spellcheck="false" value="${slug}" autofocus><button type="submit">Continue</button></form>
  <p class="hint"><a href="/sign-in">Sign in by your company instead</a></p>`))

export const usePage = ({ slug, state, options, origin }: { slug: string; state: string; options: unknown; origin: string }): PageAnswer => scripted('Sign in with a passkey', html`
  <h1>Sign in to ${slug}</h1>${addressNotice(origin)}<p>Your device asks for your finger, face or PIN.</p>
  ${passkeyForm({ action: '/sign-in/passkey', kind: 'get', options, state, button: 'Use a passkey' })}
  <p class="hint"><a href="/sign-in">Sign in by your company instead</a></p>`)

export const ownPage = (passkeys: readonly Passkey[], offer: { question: { options: unknown; state: string } } | { obstacle: string }, origin: string): PageAnswer => scripted('Passkeys', html`
  <h1>Your passkeys</h1><p>With a passkey you come in when your company's sign-in cannot be reached.</p>${addressNotice(origin)}
  ${passkeys.length === 0 ? html`<p>You have none yet.</p>` : html`<ul>${passkeys.map((each) => html`<li><strong>${each.name}</strong>, since ${each.createdAt.slice(0, 10)}, ${each.lastUsedAt === null ? 'not used yet' : `last used ${each.lastUsedAt.slice(0, 10)}`}</li>`)}</ul>`}
  ${'obstacle' in offer
    ? html`<p class="notice">${offer.obstacle}</p><p><a class="button" href="/auth/step-up?returnTo=/account/passkeys">Prove it again by your provider</a> <a class="button" href="/sign-in/passkey">or by a passkey</a></p>`
    : passkeyForm({ action: '/account/passkeys', kind: 'create', ...offer.question, button: 'Add a passkey', more: nameField })}`)

export const linkPage = (slug: string): PageAnswer => scripted('Register a passkey', html`
  <h1>Register a passkey</h1><p>An administrator of <strong>${slug}</strong> has made this link for you. It works once.</p>
  ${linkForm('/passkeys/enrol/begin', html`<input type="hidden" name="org" value="${slug}">`)}`)

export const enrolPage = (question: { options: unknown; state: string }, fields: { org: string; secret: string }, origin: string): PageAnswer => scripted('Register a passkey', html`
  <h1>Register a passkey</h1>${addressNotice(origin)}<p>Choose this device or a security key. You will be asked for your finger, face or PIN.</p>
  ${passkeyForm({ action: '/passkeys/enrol', kind: 'create', ...question, button: 'Register a passkey', more: html`<input type="hidden" name="org" value="${fields.org}"><input type="hidden" name="secret" value="${fields.secret}">${nameField}` })}`)

export const enrolledPage = (href: string): PageAnswer => page(frame('Passkey registered', html`<h1>Your passkey is registered</h1><p>From now on you sign in with it.</p><p><a class="button" href="${href}">Sign in</a></p>`), { status: 201 })

/** The same for a link nobody made, one that was used, one that has expired, and an organization nobody has. */
export const deadLinkPage = (): PageAnswer => page(frame('This link does not work', html`
  <h1>This link does not work</h1><p class="notice bad">It was used already, has expired, or is incomplete. Ask whoever made it for another one.</p>`), { status: 403 })
