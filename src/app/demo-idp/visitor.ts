// A visitor without a window: follows redirects, hops and forms as a browser does, with cookies. The demo tries its own sign-in with it
// before anybody else does.

export interface Place {
  readonly url: string
  readonly status: number
  readonly html: string
  readonly headers: Headers
}

const STEPS_MAX = 20
const unescaped = (text: string): string => text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

export class Visitor {
  /** By host and port, and then by name. */
  readonly #cookies = new Map<string, Map<string, string>>()

  /** Goes to an address and on, by redirects and pages that refresh, until a page stays. */
  async go(address: string): Promise<Place> {
    let place = await this.#ask(address, 'GET', null, null)
    for (let step = 0; step < STEPS_MAX; step++) {
      const next = onwardFrom(place)
      if (next === null) return place
      place = await this.#ask(next, 'GET', null, new URL(place.url).origin)
    }
    throw new Error(`The way from ${address} does not end.`)
  }

  /** Submits the only form of a page, with these values beside its own hidden ones. */
  async submit(place: Place, values: Readonly<Record<string, string>> = {}): Promise<Place> {
    const action = /<form[^>]*\baction="([^"]*)"/.exec(place.html)?.[1]
    if (action === undefined) throw new Error(`There is no form on ${place.url}.`)
    const hidden = [...place.html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map((match): [string, string] => [unescaped(match[1] ?? ''), unescaped(match[2] ?? '')])
    const target = new URL(unescaped(action), place.url)
    const answer = await this.#ask(target.href, 'POST', new URLSearchParams([...hidden, ...Object.entries(values)]).toString(), new URL(place.url).origin)
    const next = onwardFrom(answer)
    return next === null ? answer : this.go(next)
  }

  cookie(address: string, name: string): string | undefined {
    return this.#cookies.get(new URL(address).host)?.get(name)
  }

  async #ask(address: string, method: 'GET' | 'POST', form: string | null, from: string | null): Promise<Place> {
    const url = new URL(address)
    const isSameOrigin = from === null || from === url.origin
    // What is posted from another site comes without Lax cookies.
    const jar = method === 'POST' && !isSameOrigin ? undefined : this.#cookies.get(url.host)
    const response = await fetch(url, {
      method, redirect: 'manual', ...(form === null ? {} : { body: form }),
      headers: {
        'sec-fetch-site': from === null ? 'none' : isSameOrigin ? 'same-origin' : 'cross-site',
        ...(method === 'POST' && from !== null ? { origin: from } : {}), ...(form === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(jar === undefined || jar.size === 0 ? {} : { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }),
      },
    })
    this.#keep(url.host, response.headers.getSetCookie())
    return { url: url.href, status: response.status, html: await response.text(), headers: response.headers }
  }

  #keep(host: string, lines: readonly string[]): void {
    const jar = this.#cookies.get(host) ?? new Map<string, string>()
    this.#cookies.set(host, jar)
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';')
      const [name, value] = [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1).trim()]
      const isGone = value === '' || attributes.some((attribute) => /^\s*max-age=0$/i.test(attribute))
      if (isGone) jar.delete(name)
      else jar.set(name, value)
    }
  }
}

function onwardFrom({ url, status, html, headers }: Place): string | null {
  const location = headers.get('location')
  if (status >= 300 && status < 400 && location !== null) return new URL(location, url).href
  const refresh = /<meta http-equiv="refresh" content="0; url=([^"]*)"/.exec(html)?.[1]
  return refresh === undefined ? null : new URL(unescaped(refresh), url).href
}
