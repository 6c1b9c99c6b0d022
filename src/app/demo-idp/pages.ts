// The pages of the demo's identity providers: choose who you are. There are no passwords, and it says so.
import { html, type Html } from '../../platform/http/html.ts'
import type { DemoCompany } from './people.ts'

const STYLE = ':root{color-scheme:light dark}body{background:light-dark(#fff,#14171a);color:light-dark(#1a1d21,#e9ebee);font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1.25rem}button{display:block;width:100%;min-height:2.9rem;margin:.5rem 0;padding:.5rem 1rem;font:inherit;text-align:left;border:1px solid color-mix(in srgb,currentColor 45%,transparent);border-radius:.4rem;background:transparent;color:inherit;cursor:pointer}button:focus-visible{outline:3px solid #2f7fd6}small{opacity:.8}'

const frame = (title: string, body: Html, onLoad: Html | null = null): string => `<!doctype html>\n${html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${STYLE}</style></head><body><main>${body}</main>${onLoad}</body></html>`.toString()}`

/** One button a person; the choice is posted back with what the protocol needs. */
export const choicePage = (company: DemoCompany, action: string, fields: Readonly<Record<string, string>>): string => frame(`${company.name}: sign in`, html`
  <h1>${company.name}</h1>
  <p>This is ${company.name}'s own sign-in, played by the demo (${company.protocol === 'oidc' ? 'OpenID Connect' : 'SAML 2.0'}). There are no passwords: choose who you are.</p>
  <form method="post" action="${action}">
    ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
    ${company.people.map((person) => html`<button name="person" value="${person.subject}">${person.name}<br><small>${person.email} · ${person.about}</small></button>`)}
  </form>`)

/** Posts a SAML message on: by itself with scripts, by a button without. */
export const postPage = (action: string, fields: Readonly<Record<string, string>>): string => frame('One moment', html`
  <form method="post" action="${action}">
    ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
    <p>Going back to Blue Ship Sync …</p><button>Continue</button>
  </form>`, html`<script>document.forms[0].submit()</script>`)

/** Asks before it ends the session at the provider. The form is the provider's own, with what it must get back. */
export const logoutPage = (company: DemoCompany, form: string): string => frame(`${company.name}: sign out`, html`
  <h1>${company.name}</h1><p>Do you want to sign out of ${company.name} as well?</p><div data-form></div>
  <button form="op.logoutForm" name="logout" value="yes">Sign out here too</button><button form="op.logoutForm">Stay signed in here</button>`).replace('<div data-form></div>', () => form)

export const signedOutPage = (company: DemoCompany): string => frame(`${company.name}: signed out`, html`<h1>${company.name}</h1><p>You are signed out here as well.</p>`)
export const errorPage = (sentence: string): string => frame('This did not work', html`<h1>This did not work</h1><p>${sentence}</p>`)
