// The only script of the pages: it hands the question of a form to the browser's authenticator and sends its answer with the form.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const withIds = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }))

async function create(options) {
  const made = await navigator.credentials.create({ publicKey: { ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) }, excludeCredentials: withIds(options.excludeCredentials) } })
  const { clientDataJSON, attestationObject } = made.response
  return { id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: {}, response: { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject), transports: made.response.getTransports?.() ?? [] } }
}

async function get(options) {
  const used = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: withIds(options.allowCredentials) } })
  const { clientDataJSON, authenticatorData, signature, userHandle } = used.response
  return {
    id: used.id, rawId: text(used.rawId), type: used.type, clientExtensionResults: {},
    response: { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature), ...(userHandle ? { userHandle: text(userHandle) } : {}) },
  }
}

const SENTENCES = {
  NotAllowedError: 'It was cancelled, took too long, or this device has no passkey for here. Try again.',
  InvalidStateError: 'This device is registered already.',
  SecurityError: 'Browsers allow passkeys only at an address with a name, over https or on localhost.',
}

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const status = form.querySelector('[role="status"]')
  form.addEventListener('submit', async (event) => {
    if (form.elements.answer.value !== '') return
    event.preventDefault()
    if (!form.reportValidity()) return
    if (!globalThis.PublicKeyCredential) return void (status.textContent = 'This browser knows no passkeys here. They need https, or localhost.')
    try {
      const options = JSON.parse(form.dataset.options)
      form.elements.answer.value = JSON.stringify(await (form.dataset.passkey === 'create' ? create(options) : get(options)))
      form.requestSubmit()
    } catch (error) {
      status.textContent = SENTENCES[error.name] ?? `The passkey could not be used: ${error.message}`
    }
  })
}

// The secret of a link stands behind the #, which browsers never send: so it is in no log. It is taken out of the address at once.
for (const form of document.querySelectorAll('form[data-link]')) {
  form.elements.secret.value = location.hash.slice(1)
  history.replaceState(null, '', location.pathname + location.search)
}
