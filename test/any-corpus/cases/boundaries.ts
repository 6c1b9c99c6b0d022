// Where the world comes in, and brings no type with it.

// case: JSON.parse kept
export const parsed = JSON.parse('{"a":1}')

// case: JSON.parse returned
export function order(text: string): { id: string } {
  return JSON.parse(text)
}

// case: JSON.parse asserted
export const assertedOrder = JSON.parse('{}') as { id: string }

// case: JSON.parse annotated
export const annotatedOrder: { id: string } = JSON.parse('{}')

// case: JSON.parse as argument
function use(value: { id: string }): string {
  return value.id
}
export const used = use(JSON.parse('{}'))

// case: JSON.parse destructured
export const { id } = JSON.parse('{}')

// case: JSON.parse member
export const member = JSON.parse('{}').id

// case: body of a response asserted
export async function fetchOrder(): Promise<{ id: string }> {
  const response = await fetch('http://127.0.0.1/')
  return (await response.json()) as { id: string }
}

// case: reviver of JSON.parse
export const revived: unknown = JSON.parse('{}', (_key, value) => value.length)

// case: rejection handler
export function handled(work: Promise<number>): Promise<number> {
  return work.catch((error) => error.code)
}

// case: thrown by a settled promise
export async function settled(work: Promise<number>): Promise<string> {
  const [result] = await Promise.allSettled([work])
  return result.status === 'rejected' ? result.reason.message : ''
}

// case: unknown narrowed by assertion
export function narrowed(value: unknown): string {
  return (value as { name: string }).name
}

// case: environment asserted
export const port = process.env['PORT'] as string

// case: absent value asserted away
export const first = [1, 2].at(5)!

// case: Reflect.get
export const reflected = Reflect.get({ a: 1 }, 'b')

// case: own property by key
export const property = Object.getOwnPropertyDescriptor({ a: 1 }, 'a')?.value
