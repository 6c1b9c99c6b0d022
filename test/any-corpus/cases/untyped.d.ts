// A dependency whose author wrote `any`, as many do.
export function load(path: string): any
export const settings: { [key: string]: any }
export class Bag {
  get(name: string): any
  items: any[]
}
export function on(event: string, listener: (...args: any[]) => void): void
export function decode<T = any>(text: string): T
export function wrap(value: unknown): Promise<any>
