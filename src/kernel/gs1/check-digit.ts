// The check digits of the GS1 General Specifications. The one place that knows them.

/** The digit that completes a number: weights 3 and 1 from the right, the sum becomes a multiple of ten. Takes digits only. */
export function checkDigit(digits: string): string {
  if (!/^[0-9]+$/.test(digits)) throw new TypeError(`Not a number: ${digits.slice(0, 40)}`)
  let sum = 0
  for (let at = 0; at < digits.length; at += 1) sum += Number(digits[digits.length - 1 - at]) * (at % 2 === 0 ? 3 : 1)
  return String((10 - (sum % 10)) % 10)
}

/** Whether the last digit is the check digit of those before it: GTIN-8/12/13/14, GLN, SSCC, GSIN and GSRN alike. */
export const hasCheckDigit = (digits: string): boolean => /^[0-9]{2,}$/.test(digits) && checkDigit(digits.slice(0, -1)) === digits.slice(-1)

export const isGln = (text: string): boolean => text.length === 13 && hasCheckDigit(text)
export const isGtin = (text: string): boolean => [8, 12, 13, 14].includes(text.length) && hasCheckDigit(text)
export const isSscc = (text: string): boolean => text.length === 18 && hasCheckDigit(text)
