import type { ProblemError } from '../../../kernel/problem.ts'

/** GS1 mod-10: digits weigh 3 and 1 in turn from the right, the check digit makes the sum a multiple of ten. */
export function isGln(text: string): boolean {
  if (!/^[0-9]{13}$/.test(text)) return false
  const sum = text.split('').toReversed().reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3), 0)
  return sum % 10 === 0
}
export const glnFault = (gln: string | null | undefined): ProblemError | null =>
  gln === null || gln === undefined || isGln(gln) ? null : { pointer: '/gln', code: 'check_digit', message: 'The check digit is wrong.' }
