// The guided page: five steps, plain HTML, no scripts. Each field has its label, its hint and its fault beside it; a fault is said at the
// top of the page as well, for whoever hears the page instead of seeing it.
import { isList } from '../../../kernel/json.ts'
import { html, type Html } from '../../../platform/http/html.ts'
import { frame, page, type PageAnswer } from '../../../platform/http/page.ts'
import type { Connection } from '../connections/contract.ts'
import type { EmailDomain } from '../domains/contract.ts'
import { adviceFor, inWords } from '../sign-in/advice.ts'
import { CHOICE_NAMES, CHOICES, FIELDS, kindOf, takesKey, type Choice, type Field, type Values } from './rules.ts'
import type { GuidedLink } from './store.ts'

export const STEPS = ['provider', 'connection', 'domain', 'test', 'done'] as const
export type Step = (typeof STEPS)[number]
const TITLES: Readonly<Record<Step, string>> = { provider: 'Your provider', connection: 'Connection', domain: 'Domain', test: 'Test sign-in', done: 'Done' }

/** What a page is about. */
export interface Guide {
  readonly link: GuidedLink
  readonly connection: Connection | null
  readonly domains: readonly EmailDomain[]
  /** Our addresses, which are known before the connection is. */
  readonly addresses: { readonly redirectUri: string; readonly backchannelLogoutUri: string; readonly jwksUri: string; readonly entityId: string; readonly acsUrl: string }
}
/** Faults by field, and what was typed. */
export interface Said {
  readonly values: Values
  readonly faults: Values
}
export const NOTHING_SAID: Said = { values: {}, faults: {} }

/** Steps that can be opened: each needs the one before. */
export function reachable({ link, connection, domains }: Guide): ReadonlySet<Step> {
  const isProven = domains.some(({ status }) => status === 'verified')
  return new Set<Step>(['provider', ...(link.choice === null ? [] : ['connection' as const]), ...(connection === null ? [] : ['domain' as const, 'test' as const]), ...(connection !== null && isProven && connection.status !== 'draft' ? ['done' as const] : [])])
}

export function guidePage(guide: Guide, step: Step, body: Html, faults: Values = {}): PageAnswer {
  const open = reachable(guide)
  const count = Object.keys(faults).length
  return page(frame(`${count > 0 ? 'Error: ' : ''}${TITLES[step]}, set up sign-in`, html`
    <nav aria-label="Steps"><ol class="steps">${STEPS.map((each) => html`<li>${each === step ? html`<strong aria-current="step">${TITLES[each]}</strong>` : open.has(each) ? html`<a href="/setup?step=${each}">${TITLES[each]}</a>` : html`<span class="later">${TITLES[each]}</span>`}</li>`)}</ol></nav>
    <p class="hint">Setting up sign-in of <strong>${guide.link.organization}</strong>. This link works until ${moment(guide.link.expiresAt)}, in this browser only.</p>
    <h1>${TITLES[step]}</h1>
    ${count === 0 ? null : html`<div class="notice bad" role="alert"><p>${faults[''] ?? 'Please correct what is marked below.'}</p></div>`}
    ${body}`), { status: count > 0 ? 422 : 200 })
}
const moment = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`

export const providerBody = ({ link, connection }: Guide): Html => html`
  <p>Where do the people of ${link.organization} sign in today?</p>
  <form method="post" action="/setup/provider"><fieldset><legend>Provider</legend>
    ${CHOICES.filter((each) => connection === null || kindOf(each) === connection.kind).map((each, index) => html`<label class="choice"><input type="radio" name="choice" value="${each}" required ${link.choice === each || (link.choice === null && index === 0) ? checked : null}> ${CHOICE_NAMES[each]}</label>`)}
    ${connection === null ? null : html`<p class="hint">The connection was made already, so that its protocol stays. For another one, ask for another link.</p>`}
  </fieldset><button type="submit">Continue</button></form>`
const checked = html`checked`

const copy = (rows: readonly (readonly [string, string])[]): Html => html`<dl class="copy">${rows.map(([term, value]) => html`<dt>${term}</dt><dd><code>${value}</code></dd>`)}</dl>`

const AT_PROVIDER: Readonly<Record<Choice, string>> = {
  okta: 'In Okta: Applications → Create App Integration → OIDC → Web Application, with the grant type Authorization Code. Assign the people or groups who may sign in.',
  entra: 'In Entra: App registrations → New registration, single tenant, platform Web. Under Certificates & secrets make a client secret, and copy its value, not its ID.',
  google: 'In the Google Cloud console: Credentials → Create credentials → OAuth client ID → Web application. The consent screen is Internal.',
  oidc: 'At your provider, register a confidential web application for the authorization code flow.',
  saml: 'At your provider, make an application for SAML 2.0. Send a persistent NameID, and the attributes email and displayName.',
}

function toCopy({ addresses, connection }: Guide, choice: Choice): Html {
  if (choice !== 'saml') return copy([['Redirect URI', addresses.redirectUri], ...(choice === 'google' ? [] : [['Back-channel logout URI, where it is offered', addresses.backchannelLogoutUri] as const]), ...(takesKey(choice) ? [['JWKS URL, only for private_key_jwt: our public key is there once this form is saved', addresses.jwksUri] as const] : [])])
  return html`${copy([['Entity ID (audience)', addresses.entityId], ['Assertion consumer service (ACS, HTTP-POST)', addresses.acsUrl]])}
    <p class="hint">${connection === null ? 'The entity ID is the address of our metadata too, once this form is saved.' : html`<a href="${addresses.entityId}">Our metadata (XML)</a>, for providers that take a file or an address.`}</p>`
}

const calledOf = (choice: Choice): string => (choice === 'oidc' || choice === 'saml' ? 'your provider' : CHOICE_NAMES[choice])

export const connectionBody = (guide: Guide, choice: Choice, { values, faults }: Said): Html => html`
  <h2>1. Tell ${calledOf(choice)} about us</h2><p>${AT_PROVIDER[choice]} Copy this there:</p>${toCopy(guide, choice)}
  <h2>2. Tell us about ${calledOf(choice)}</h2>
  <form method="post" action="/setup/connection">${FIELDS[choice].map((field) => fieldOf(field, values[field.name] ?? '', faults[field.name], guide.connection?.hasSecret === true))}<button type="submit">Save and continue</button></form>`

function fieldOf(field: Field, value: string, fault: string | undefined, hasSecret: boolean): Html {
  const { name, label, kind } = field
  const isKept = kind === 'secret' && hasSecret
  const about = html` aria-describedby="${name}-hint${fault === undefined ? '' : ` ${name}-fault`}"${fault === undefined ? null : html` aria-invalid="true"`}`
  const plain = html`autocapitalize="none" spellcheck="false" autocomplete="off"`
  return html`<label for="${name}">${label}</label><p class="hint" id="${name}-hint">${field.hint}${isKept ? ' One is kept; leave this empty to keep it.' : ''}</p>
    ${fault === undefined ? null : html`<p class="fault" id="${name}-fault">${fault}</p>`}
    ${kind === 'area' ? html`<textarea id="${name}" name="${name}" rows="8" required maxlength="500000" ${plain}${about}>${value}</textarea>`
      : kind === 'choice' ? html`<select id="${name}" name="${name}"${about}>${(field.options ?? []).map(([option, text]) => html`<option value="${option}" ${option === value ? html`selected` : null}>${text}</option>`)}</select>`
      : kind === 'secret' ? html`<input id="${name}" name="${name}" type="password" maxlength="500" ${isKept || field.isOptional === true ? null : html`required`} ${plain}${about}>`
      : html`<input id="${name}" name="${name}" type="${kind}" value="${value}" maxlength="2000" required ${plain}${about}>`}`
}

export const domainBody = ({ domains }: Guide, { values, faults }: Said): Html => html`
  <p>Prove that the e-mail domain is yours. Then its people sign in by this connection as soon as it is active.</p>
  ${domains.map((each) => html`<section class="card" aria-label="${each.name}"><h2>${each.name}</h2>
    ${each.status === 'verified' ? html`<p class="notice">Proven. Leave the record where it is: it is looked at every day.</p>` : html`<p>Publish this record where the domain's DNS is kept:</p>
      ${copy([['Name', each.record.name], ['Type', each.record.type], ['Value', each.record.value]])}
      ${faults[each.id] === undefined ? null : html`<p class="fault" id="fault-${each.id}">${faults[each.id]}</p>`}
      <form method="post" action="/setup/verify"><input type="hidden" name="domain" value="${each.id}"><button type="submit" ${faults[each.id] === undefined ? null : html`aria-describedby="fault-${each.id}"`}>Check ${each.name} now</button></form>`}</section>`)}
  <h2>${domains.length === 0 ? 'Your e-mail domain' : 'One more domain'}</h2>
  <form method="post" action="/setup/domains"><label for="domain">Domain</label><p class="hint" id="domain-hint">What stands behind the @ of your addresses, such as example.com</p>
    ${faults['domain'] === undefined ? null : html`<p class="fault" id="domain-fault">${faults['domain']}</p>`}
    <input id="domain" name="domain" value="${values['domain'] ?? ''}" required maxlength="260" autocapitalize="none" spellcheck="false" autocomplete="off" aria-describedby="domain-hint${faults['domain'] === undefined ? '' : ' domain-fault'}" ${faults['domain'] === undefined ? null : html`aria-invalid="true"`}>
    <button class="quiet" type="submit">Add</button></form>
  ${domains.length === 0 ? null : html`<p><a class="button" href="/setup?step=test">Go on to the test sign-in</a></p>`}`

export function testBody(guide: Guide): Html {
  const { lastTest } = guide.link
  const cameBack = lastTest?.cameBack ?? null
  const isGood = lastTest?.outcome === 'ok'
  return html`<p>A real sign-in at your provider that signs nobody in here. It shows what came back, or the exact reason of a refusal.</p>
    ${lastTest === null ? null : isGood ? html`<div class="notice" role="status"><p><strong>The test sign-in worked</strong> (${moment(lastTest.at)}).</p></div>` : refusal(lastTest)}
    ${cameBack === null ? null : html`<h2>What came back</h2>${copy(CAME_BACK.map(([name, label]) => [label, shown(cameBack[name])]))}`}
    ${lastTest === null ? null : html`<p class="hint">Request ${lastTest.requestId}</p>`}
    <form method="post" action="/setup/test"><button type="submit" ${isGood ? html`class="quiet"` : null}>${lastTest === null ? 'Try a sign-in' : 'Try it again'}</button></form>
    ${reachable(guide).has('done') ? html`<p><a class="button" href="/setup?step=done">Go on</a></p>` : isGood && html`<p>One thing is left: <a href="/setup?step=domain">prove the domain</a>.</p>`}`
}
const CAME_BACK = [
  ['subject', 'The person, as we will know them'], ['displayName', 'Name'], ['email', 'E-mail'], ['directoryName', 'Name in the directory (SCIM)'], ['authenticatedAt', 'Signed in there at'],
  ['acr', 'Strength of the sign-in (acr)'], ['methods', 'Means of the sign-in (amr)'],
] as const
const shown = (value: unknown): string => (value === null || value === undefined || value === '' || (isList(value) && value.length === 0) ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value))

function refusal({ outcome, detail }: { readonly outcome: string; readonly detail: string }): Html {
  const { means, todo } = adviceFor(outcome)
  return html`<div class="notice bad" role="alert"><p><strong>The test sign-in was refused: <code>${outcome}</code></strong></p><p>${detail}</p></div>
    <dl class="copy"><dt>What it means</dt><dd>${inWords(means)}</dd><dt>What to do</dt><dd>${inWords(todo)}</dd></dl>
    <p><a href="/setup?step=connection">Change the connection</a></p>`
}

export const doneBody = ({ connection, domains }: Guide): Html => html`
  <p>The connection <strong>${connection?.name}</strong> has passed its test, and ${domains.filter(({ status }) => status === 'verified').map(({ name }) => name).join(', ')} is proven.</p>
  <p class="notice">Nobody signs in by it yet. A Tenant Admin has to activate it; this link can neither activate nor enforce anything.</p>
  <p>Send this to the Tenant Admin who gave you the link:</p><pre tabindex="0">bss connections activate ${connection?.id}</pre>
  <form method="post" action="/setup/finish"><button type="submit">Finish: end this link</button></form>`

export const lockedBody = ({ connection }: Guide): Html => html`<p class="notice">The connection is ${connection?.status}. From here on it is a Tenant Admin who changes it; this link can do no more.</p>`

export const beginPage = (link: GuidedLink, action: string): PageAnswer => page(frame('Set up sign-in', html`
  <h1>Set up sign-in of ${link.organization}</h1>
  <p>This link is for <strong>${link.name}</strong>. It takes you through five steps: your provider, the connection, the domain, a test sign-in, done. It takes about ten minutes; you can come back until ${moment(link.expiresAt)}.</p>
  <p class="notice">The link works once and is tied to this browser. Begin in the one you want to go on with.</p>
  <form method="post" action="${action}"><button type="submit">Begin here</button></form>`))

export const finishedPage = (): PageAnswer => page(frame('Finished', html`<h1>Thank you</h1><p>The link has ended. A Tenant Admin goes on from here and activates the connection.</p>`), { cookies: [{ name: 'setup', value: '' }] })

/** The same for a link nobody made, one that another browser has, one that has ended, and an organization nobody has. */
export const deadLinkPage = (): PageAnswer => page(frame('This link does not work', html`
  <h1>This link does not work</h1><p class="notice bad">It was opened in another browser, has ended or expired, or is incomplete. Ask the Tenant Admin who gave it to you for another one.</p>`), { status: 403 })
