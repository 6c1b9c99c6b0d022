// The pages of signing in. Texts say what happens and what to do; none of them says whether an address or an account exists.
import { ROLES, isRoleName } from '../../../kernel/access.ts'
import { html } from '../../../platform/http/html.ts'
import { frame, page, type PageAnswer } from '../../../platform/http/page.ts'
import type { Principal } from '../../../platform/http/principals.ts'

export const signInPage = (email = '', notice: string | null = null): PageAnswer => page(frame('Sign in', html`
  <h1>Sign in</h1>
  <p>Enter your work e-mail address. You continue at your own company's sign-in.</p>
  ${notice === null ? null : html`<p class="notice" role="status">${notice}</p>`}
  <form method="post" action="/sign-in">
    <label for="email">Work e-mail</label>
    <input id="email" name="email" type="email" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="320" value="${email}" autofocus>
    <button type="submit">Continue</button>
  </form>
  <p class="hint">Recovery administrator? <a href="/sign-in/passkey">Sign in with a passkey</a>.</p>`))

/** The same for a domain nobody has, one without an active connection, and one that is not proven. */
export const UNKNOWN_HOME = 'If your company uses Blue Ship Sync with this address, its administrator has not finished setting up sign-in yet. Ask them, or try another address.'

export const choicePage = (name: string, connections: readonly { readonly id: string; readonly name: string }[]): PageAnswer => page(frame('Sign in', html`
  <h1>Sign in to ${name}</h1>
  ${connections.length === 0
    ? html`<p class="notice">Sign-in is not set up here yet. An administrator with a key can do it: see the guides in docs/sign-in.</p>`
    : html`<p>Choose how you sign in.</p>${connections.map((each) => html`<p><a class="button" href="/auth/start/${each.id}">${each.name}</a></p>`)}`}
  <p class="hint"><a href="/sign-in/passkey">Sign in with a passkey</a> (recovery administrators)</p>`))

export function homePage(caller: Principal, organizationName: string): PageAnswer {
  const roles = caller.role === 'none' ? [] : caller.role.split('+')
  return page(frame('Home', html`
    ${caller.session?.kind === 'support' ? html`<p class="notice bad" role="status">Support session: read-only, without money, seen by the organization, which can end it at any moment.</p>` : null}
    <h1>${organizationName}</h1>
    <p>You are signed in as <strong>${caller.actor.name}</strong>${roles.length === 0 ? null : html`, ${roles.map((role) => (isRoleName(role) ? ROLES[role].title : role)).join(', ')}`}.</p>
    ${roles.length === 0 ? html`<p class="notice">You have no role here yet, so there is nothing you may do. Ask your administrator for one.</p>` : html`
      <h2>What you may do</h2>
      <ul class="tags">${[...caller.permissions].toSorted((a, b) => a.localeCompare(b)).map((permission) => html`<li>${permission}</li>`)}</ul>
      <p class="hint">${caller.sites === null ? 'At all sites.' : `At ${caller.sites.size} ${caller.sites.size === 1 ? 'site' : 'sites'}.`}</p>`}
    <h2>From here</h2>
    <p><a href="/docs">API reference</a> · <a href="/api/v1/whoami">Who am I, as the API says it</a></p>
    <form method="post" action="/sign-out"><button class="quiet" type="submit">Sign out</button></form>`))
}

export const signedOutPage = (): PageAnswer => page(frame('Signed out', html`
  <h1>You are signed out</h1><p>Your session here has ended.</p><p><a class="button" href="/sign-in">Sign in again</a></p>`), { cookies: [{ name: 'session', value: '' }] })
