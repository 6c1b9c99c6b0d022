// A browser on the guided page, as its forms drive it.
import { Visitor, type Place } from '../../../../app/demo-idp/visitor.ts'

export interface Guided {
  readonly visitor: Visitor
  see(step?: string): Promise<Place>
  send(path: string, values?: Readonly<Record<string, string>>): Promise<Place>
}

/** Opens a link and begins with it. */
export async function beginWith(url: string, visitor = new Visitor()): Promise<Guided & { readonly first: Place }> {
  const origin = new URL(url).origin
  const first = await visitor.submit(await visitor.go(url))
  return {
    visitor, first,
    see: (step) => visitor.go(`${origin}/setup${step === undefined ? '' : `?step=${step}`}`),
    send: (path, values = {}) => visitor.submit({ url: `${origin}/setup`, status: 200, headers: new Headers(), html: `<form action="${path}">` }, values),
  }
}
export const titleOf = ({ html }: Place): string => /<h1>(.*?)<\/h1>/.exec(html)?.[1] ?? ''
