import { isGln } from '../../../kernel/gs1/index.ts'
import type { ProblemError } from '../../../kernel/problem.ts'

export const glnFault = (gln: string | null | undefined): ProblemError | null =>
  gln === null || gln === undefined || isGln(gln) ? null : { pointer: '/gln', code: 'check_digit', message: 'The check digit is wrong.' }
