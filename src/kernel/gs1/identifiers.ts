// Application identifiers of the GS1 General Specifications: what an element string may carry, how long it is, and what it must look like.

/** A part of a value: digits, or characters of set 82 (`text`) or set 39 (`strict`). Only the last part may vary in length. */
interface Part {
  readonly of: 'digits' | 'text' | 'strict'
  readonly min: number
  readonly max: number
  readonly is?: 'checked' | 'date' | 'day' | 'hour' | 'minute' | 'dates'
}
export interface Identifier {
  readonly ai: string
  readonly title: string
  readonly parts: readonly Part[]
  /** The place of the decimal point, for measures and amounts. */
  readonly decimals: number | null
}

const digits = (length: number, is?: Part['is']): Part => ({ of: 'digits', min: length, max: length, ...(is === undefined ? {} : { is }) })
const upToDigits = (max: number, min = 1): Part => ({ of: 'digits', min, max })
const upTo = (max: number, min = 1): Part => ({ of: 'text', min, max })
const checked = (length: number): Part => digits(length, 'checked')

const FIXED: readonly (readonly [ai: string, title: string, ...parts: Part[]])[] = [
  ['00', 'SSCC', checked(18)], ['01', 'GTIN', checked(14)], ['02', 'CONTENT', checked(14)], ['03', 'MTO GTIN', checked(14)], ['10', 'BATCH/LOT', upTo(20)],
  ['11', 'PROD DATE', digits(6, 'date')], ['12', 'DUE DATE', digits(6, 'date')], ['13', 'PACK DATE', digits(6, 'date')], ['15', 'BEST BEFORE', digits(6, 'date')],
  ['16', 'SELL BY', digits(6, 'date')], ['17', 'USE BY', digits(6, 'date')], ['20', 'VARIANT', digits(2)], ['21', 'SERIAL', upTo(20)], ['22', 'CPV', upTo(20)],
  ['235', 'TPX', upTo(28)], ['240', 'ADDITIONAL ID', upTo(30)], ['241', 'CUST. PART No.', upTo(30)], ['242', 'MTO VARIANT', upToDigits(6)], ['243', 'PCN', upTo(20)],
  ['250', 'SECONDARY SERIAL', upTo(30)], ['251', 'REF. TO SOURCE', upTo(30)], ['253', 'GDTI', checked(13), upTo(17, 0)], ['254', 'GLN EXTENSION', upTo(20)],
  ['255', 'GCN', checked(13), upToDigits(12, 0)], ['30', 'VAR. COUNT', upToDigits(8)], ['37', 'COUNT', upToDigits(8)],
  ['400', 'ORDER NUMBER', upTo(30)], ['401', 'GINC', upTo(30)], ['402', 'GSIN', checked(17)], ['403', 'ROUTE', upTo(30)],
  ['410', 'SHIP TO LOC', checked(13)], ['411', 'BILL TO', checked(13)], ['412', 'PURCHASE FROM', checked(13)], ['413', 'SHIP FOR LOC', checked(13)],
  ['414', 'LOC No.', checked(13)], ['415', 'PAY TO', checked(13)], ['416', 'PROD/SERV LOC', checked(13)], ['417', 'PARTY', checked(13)],
  ['420', 'SHIP TO POST', upTo(20)], ['421', 'SHIP TO POST', digits(3), upTo(9)], ['422', 'ORIGIN', digits(3)], ['423', 'COUNTRY - INITIAL PROCESS', digits(3), upToDigits(12, 0)],
  ['424', 'COUNTRY - PROCESS', digits(3)], ['425', 'COUNTRY - DISASSEMBLY', digits(3), upToDigits(12, 0)], ['426', 'COUNTRY - FULL PROCESS', digits(3)], ['427', 'ORIGIN SUBDIVISION', upTo(3)],
  ['7001', 'NSN', digits(13)], ['7002', 'MEAT CUT', upTo(30)], ['7003', 'EXPIRY TIME', digits(6, 'day'), digits(2, 'hour'), digits(2, 'minute')], ['7004', 'ACTIVE POTENCY', upToDigits(4)],
  ['7005', 'CATCH AREA', upTo(12)], ['7006', 'FIRST FREEZE DATE', digits(6, 'day')], ['7007', 'HARVEST DATE', { of: 'digits', min: 6, max: 12, is: 'dates' }], ['7008', 'AQUATIC SPECIES', upTo(3)],
  ['7009', 'FISHING GEAR TYPE', upTo(10)], ['7010', 'PROD METHOD', upTo(2)], ['7020', 'REFURB LOT', upTo(20)], ['7021', 'FUNC STAT', upTo(20)], ['7022', 'REV STAT', upTo(20)], ['7023', 'GIAI - ASSEMBLY', upTo(30)],
  ['710', 'NHRN PZN', upTo(20)], ['711', 'NHRN CIP', upTo(20)], ['712', 'NHRN CN', upTo(20)], ['713', 'NHRN DRN', upTo(20)], ['714', 'NHRN AIM', upTo(20)], ['715', 'NHRN NDC', upTo(20)],
  ['7240', 'PROTOCOL', upTo(20)], ['8001', 'DIMENSIONS', digits(14)], ['8002', 'CMT No.', upTo(20)], ['8003', 'GRAI', checked(14), upTo(16, 0)], ['8004', 'GIAI', upTo(30)],
  ['8005', 'PRICE PER UNIT', digits(6)], ['8006', 'ITIP', checked(14), digits(2), digits(2)], ['8007', 'IBAN', upTo(34)], ['8008', 'PROD TIME', digits(6, 'day'), digits(2, 'hour'), upToDigits(4, 0)],
  ['8009', 'OPTSEN', upTo(50)], ['8010', 'CPID', { of: 'strict', min: 1, max: 30 }], ['8011', 'CPID SERIAL', upToDigits(12)], ['8012', 'VERSION', upTo(20)], ['8013', 'GMN', upTo(25)],
  ['8017', 'GSRN - PROVIDER', checked(18)], ['8018', 'GSRN - RECIPIENT', checked(18)], ['8019', 'SRIN', upToDigits(10)], ['8020', 'REF No.', upTo(25)],
  ['8026', 'ITIP CONTENT', checked(14), digits(2), digits(2)], ['8110', 'COUPON', upTo(70)], ['8111', 'POINTS', digits(4)], ['8112', 'COUPON', upTo(70)], ['8200', 'PRODUCT URL', upTo(70)], ['90', 'INTERNAL', upTo(30)],
]
/** Trade and logistic measures 31nn–36nn: six digits, the fourth digit of the identifier is the place of the decimal point. */
const MEASURES = [
  '310', '311', '312', '313', '314', '315', '316', '320', '321', '322', '323', '324', '325', '326', '327', '328', '329', '330', '331', '332', '333', '334', '335', '336', '337',
  '340', '341', '342', '343', '344', '345', '346', '347', '348', '349', '350', '351', '352', '353', '354', '355', '356', '357', '360', '361', '362', '363', '364', '365', '366', '367', '368', '369',
] as const

function everyIdentifier(): Identifier[] {
  const all: Identifier[] = FIXED.map(([ai, title, ...parts]) => ({ ai, title, parts, decimals: null }))
  const pointed = (stem: string, title: string, parts: readonly Part[], most: number): void => {
    for (let decimals = 0; decimals <= most; decimals += 1) all.push({ ai: `${stem}${decimals}`, title, parts, decimals })
  }
  for (const stem of MEASURES) pointed(stem, 'MEASURE', [digits(6)], 5)
  pointed('390', 'AMOUNT', [upToDigits(15)], 9)
  pointed('391', 'AMOUNT', [digits(3), upToDigits(15)], 9)
  pointed('392', 'PRICE', [upToDigits(15)], 9)
  pointed('393', 'PRICE', [digits(3), upToDigits(15)], 9)
  pointed('394', 'PRCNT OFF', [digits(4)], 3)
  pointed('395', 'PRICE/UoM', [digits(6)], 5)
  for (let n = 0; n <= 9; n += 1) all.push({ ai: `703${n}`, title: 'PROCESSOR', parts: [digits(3), upTo(27)], decimals: null })
  for (let n = 91; n <= 99; n += 1) all.push({ ai: String(n), title: 'INTERNAL', parts: [upTo(90)], decimals: null })
  return all
}

/** Every identifier this system reads, by its digits. */
export const IDENTIFIERS: ReadonlyMap<string, Identifier> = new Map(everyIdentifier().map((each) => [each.ai, each]))

/** Length of identifier and value together, by the first two digits: these elements need no separator behind them (General Specifications, figure 7.8.5-2). */
export const PREDEFINED_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['00', 20], ['01', 16], ['02', 16], ['03', 16], ['04', 18], ['11', 8], ['12', 8], ['13', 8], ['14', 8], ['15', 8], ['16', 8], ['17', 8], ['18', 8], ['19', 8], ['20', 4],
  ['31', 10], ['32', 10], ['33', 10], ['34', 10], ['35', 10], ['36', 10], ['41', 16],
])

/** The identifier that a text begins with, or null. None is the beginning of another. */
export function identifierAt(text: string): Identifier | null {
  for (const length of [2, 3, 4]) {
    const found = IDENTIFIERS.get(text.slice(0, length))
    if (found !== undefined) return found
  }
  return null
}
