// The file names countries in its own way. ISO 3166-1 where there is a code; null where the name is no country.
const CODES: Readonly<Record<string, string | null>> = {
  Australia: 'AU', Austria: 'AT', Bahrain: 'BH', Belgium: 'BE', Brazil: 'BR', Canada: 'CA', 'Channel Islands': null, Cyprus: 'CY', 'Czech Republic': 'CZ',
  Denmark: 'DK', EIRE: 'IE', 'European Community': null, Finland: 'FI', France: 'FR', Germany: 'DE', Greece: 'GR', 'Hong Kong': 'HK', Iceland: 'IS', Israel: 'IL',
  Italy: 'IT', Japan: 'JP', Lebanon: 'LB', Lithuania: 'LT', Malta: 'MT', Netherlands: 'NL', Norway: 'NO', Poland: 'PL', Portugal: 'PT', RSA: 'ZA',
  'Saudi Arabia': 'SA', Singapore: 'SG', Spain: 'ES', Sweden: 'SE', Switzerland: 'CH', 'United Arab Emirates': 'AE', 'United Kingdom': 'GB', Unspecified: null, USA: 'US',
}

/** ISO 3166-1 alpha-2, or null when the file's name stands for no single country. */
export const countryCodeOf = (name: string): string | null => (Object.hasOwn(CODES, name) ? (CODES[name] ?? null) : null)
