// Written by hand: the word itself, and the types that mean the same.

// case: annotation
export const annotated: any = 1

// case: parameter
export function parameter(value: any): number {
  return value.length
}

// case: return type
export function returned(): any {
  return 1
}

// case: array element
export const list: any[] = []

// case: type argument
export const byName = new Map<string, any>()

// case: alias
export type Anything = any

// case: interface field
export interface Loose {
  field: any
}

// case: index signature
export type Dictionary = { [key: string]: any }

// case: assertion to any
export const asserted = (1 as any) + 1

// case: assertion through unknown
export const throughUnknown = ({ a: 1 } as unknown as { b: string }).b

// case: default of a type parameter
export type Box<T = any> = { value: T }

// case: constraint of a type parameter
export function constrained<T extends any[]>(...values: T): number {
  return values.length
}

// case: rest parameter
export function rest(...values: any[]): number {
  return values.length
}

// case: the type Function
export function callIt(work: Function): void {
  work(1)
}

// case: union with any
export function union(value: string | any): string {
  return value
}

// case: promise of any
export async function promised(): Promise<any> {
  return 1
}

// case: class field
export class Holder {
  held: any
}
