// Exact decimals. A value is a bigint of 10^-scale units; a JS number never carries money or stock.

/** Parses a plain decimal string ("-12.50") into units of 10^-scale. Null when malformed or more precise than the scale allows. */
export function parseDecimal(text: string, scale: number): bigint | null {
  const match = /^(-?)(0|[1-9][0-9]{0,27})(?:\.([0-9]{1,20}))?$/.exec(text)
  if (!match) return null
  const fraction = match[3] ?? ''
  if (fraction.length > scale && /[1-9]/.test(fraction.slice(scale))) return null
  const units = BigInt((match[2] ?? '0') + fraction.slice(0, scale).padEnd(scale, '0'))
  return match[1] === '-' ? -units : units
}

/** Writes units of 10^-scale as a decimal string with at least `minFraction` and at most `scale` fraction digits. */
export function formatDecimal(units: bigint, scale: number, minFraction = 0): string {
  const sign = units < 0n ? '-' : ''
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  let fraction = scale === 0 ? '' : digits.slice(digits.length - scale)
  while (fraction.length > minFraction && fraction.endsWith('0')) fraction = fraction.slice(0, -1)
  return sign + whole + (fraction === '' ? '' : `.${fraction}`)
}

/** Rounds a ratio of two bigints half away from zero (the commercial rule of EN 16931 and of most invoices). */
export function roundHalfUp(numerator: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new RangeError('roundHalfUp needs a positive denominator.')
  const sign = numerator < 0n ? -1n : 1n
  const absolute = numerator < 0n ? -numerator : numerator
  return sign * ((2n * absolute + denominator) / (2n * denominator))
}
