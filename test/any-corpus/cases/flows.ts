// Nobody wrote the word here: it flows in from somewhere else.
import { Bag, decode, load, on, settings, wrap } from './untyped.js'

// case: result of an untyped function
export const loaded = load('x')

// case: result passed on as a typed value
export const typed: number = load('x')

// case: member of an untyped value
export const deep: unknown = load('x').a.b

// case: untyped value called
export const called: unknown = load('x')()

// case: untyped value constructed
export const constructed: unknown = new (load('x'))()

// case: spread of an untyped array
export const spread: number[] = [...new Bag().items]

// case: spread of an untyped object
export const copied: { a: number } = { ...load('x') }

// case: element of an untyped record
export const setting: string = settings['name']

// case: parameter of an untyped listener
on('data', (value) => {
  value.write()
})

// case: type parameter that defaults to any
export const decoded = decode('x')

// case: awaited any
export async function awaited(): Promise<string> {
  return wrap(1)
}

// case: loop over any
export function looped(): number {
  let sum = 0
  for (const item of new Bag().items) sum += item
  return sum
}

// case: callback result of any
export const mapped: string[] = new Bag().items.map((item) => item)

// case: template with any
export const sentence = `${load('x')}`

// case: any as a key
export const keyed = { a: 1, b: 2 }[load('x') as 'a']

// case: argument of any
export const argued = Number.parseInt(load('x'), 10)

// case: empty array grows
export function grown() {
  const items = []
  items.push(load('x'))
  return items
}

// only architecture: a generic that lies about what it returns
export const lied = decode<{ id: string }>('{"no":"id"}')

// only architecture: a type guard that looks at nothing
export function isOrder(value: unknown): value is { id: string } {
  return value !== undefined
}
