// The other rules of the linter that the house leans on, each broken once.

// rule: no-floating-promises
export function floats(work: () => Promise<void>): void {
  work()
}

// rule: no-misused-promises
export function misused(work: () => Promise<boolean>): number {
  return work() ? 1 : 2
}

// rule: switch-exhaustiveness-check
export function forgets(state: 'draft' | 'placed'): number {
  switch (state) {
    case 'draft':
      return 1
  }
  return 2
}

// rule: only-throw-error
export function throwsText(): never {
  throw 'text'
}

// rule: return-await
export async function escapes(work: () => Promise<void>): Promise<void> {
  try {
    return work()
  } catch {
    return undefined
  }
}

// rule: ban-ts-comment
// @ts-ignore
export const ignored: number = 'text'

// rule: no-console
console.log('to whom?')

// rule: restrict-template-expressions
export const objectInText = `${{ a: 1 }}`

// rule: no-default-export
export default floats

// rule: max-lines-per-function
export function long(): number {
  let count = 0
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  count += 1
  return count
}
