// HTML as a value: what is put into a template is escaped, unless it is such a value itself. There is no other way to make one.

export class Html {
  readonly #text: string
  private constructor(text: string) {
    this.#text = text
  }
  static of(parts: readonly string[], values: readonly Fragment[]): Html {
    return new Html(parts.map((part, index) => part + (index < values.length ? textOf(values[index]) : '')).join(''))
  }
  toString(): string {
    return this.#text
  }
}
export type Fragment = Html | string | number | null | undefined | false | readonly Html[]

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '')

function textOf(value: Fragment): string {
  if (value === null || value === undefined || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value))
  return value.map(String).join('')
}

/** `html\`<p>${name}</p>\``: the name is escaped. */
export const html = (parts: TemplateStringsArray, ...values: readonly Fragment[]): Html => Html.of(parts, values)
