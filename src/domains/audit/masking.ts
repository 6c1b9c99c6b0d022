// What a reader of the trail may see of the values in it. A change keeps the values of its room, and some of them belong to a class
// of fields (prices, costs, personal data) that not everybody who may read the trail may see.
import { FIELD_CLASSES, type FieldClass } from '../../kernel/access.ts'
import { isList, isRecord } from '../../kernel/json.ts'

/** Values of these names are shown to whoever may see the class. Whatever is on no list is shown to those who may see everything. */
const FIELDS: Readonly<Record<FieldClass, string>> = {
  ops: `abc action addLines after allOrNothing approvedBy attempts backorderPolicy barcode baseUnit before burst canBeBackedUp capacity change changeLines channel cidrs code concurrentRequests
    connectionId contactId country customerCode customerId customerReference defaultRole description domain domainId effectiveOn entity expectedOn expiresAt expiresInDays expiresOn external
    externalRef factor fieldClasses filter fromLocationId gln groupId gtin hasJit heightMm holdId id incoterm isBackordered isComplete isDefault isHazardous isHeld isInTransit isRetired isShared
    issuer itemId key kind lengthMm lineId lineIds lines location locationCode locationId lost lot lotId lots madeOn number occurredAt operator orderId orderedAt orderedFrom orderedUntil
    overlapMinutes parentId passkeyId permissions pickSequence plan position preset priceListCode priceListId priority promisedFrom promisedOn promisedTo purpose q quantity reason
    receiptLineId receivedAt ref region removeLineIds requestedBy requestedFrom requestedOn requestedTo requestsPerSecond role roleId rotatedFromId rowsPerExport scopes
    serviceAccountId shelfLifeDays siteCode siteId siteIds sites sku slug sort source staffName status storageClass supplier supportGrantId timeZone title toLocationId tracking unit url userId
    validFrom validUntil weightGrams widthMm zoneId acrValues authnContexts certificates clientAuth clientId emailAttribute entityId hostedDomains idleMinutes jitRole jwksUri kids metadataUrl
    mustEncrypt nameAttribute oidc saml sessionHours sloUrl ssoUrl tenantId`,
  price: 'amount currency discount listPrice price total totalMinor unitPrice',
  cost: 'cost costs unitCost value',
  finance: 'balance creditLimit iban invoice tax vatId',
  pii: 'address addresses birthday displayName email emails phone phones userName',
  strategy: 'forecast margin objective scenario strategy target',
}
const CLASS_OF = new Map(FIELD_CLASSES.flatMap((fieldClass) => FIELDS[fieldClass].split(/\s+/).map((name) => [name, fieldClass] as const)))
/** Things whose name is the name of a person, or may be. */
const PERSONS = new Set(['customer', 'contact', 'user', 'user_account'])

const classOf = (entity: string, field: string): FieldClass | null =>
  field === 'name' || field === 'note' ? (PERSONS.has(entity) || field === 'note' ? 'pii' : 'ops') : (CLASS_OF.get(field) ?? null)

/** The value with everything in it that the classes do not cover replaced by {"hidden": "<class>"}. */
function masked(entity: string, value: unknown, classes: ReadonlySet<FieldClass>): unknown {
  if (isList(value)) return value.map((each) => masked(entity, each, classes))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => {
    const fieldClass = classOf(entity, field)
    const isShown = fieldClass !== null && classes.has(fieldClass)
    // Nothing of a structure that is hidden is shown, whatever its parts are called.
    return [field, isShown ? masked(entity, inner, classes) : { hidden: fieldClass ?? FIELD_CLASSES.find((each) => !classes.has(each)) ?? 'ops' }]
  }))
}

export const seesEverything = (classes: ReadonlySet<FieldClass>): boolean => FIELD_CLASSES.every((each) => classes.has(each))

interface Changed {
  readonly entity: string
  readonly before?: unknown
  readonly after?: unknown
}
/** A change as somebody with these classes may see it. */
export function shownTo<C extends Changed>(classes: ReadonlySet<FieldClass>, change: C): C {
  if (seesEverything(classes)) return change
  return {
    ...change,
    ...(change.before === undefined ? {} : { before: valueFor(change.entity, change.before, classes) }), ...(change.after === undefined ? {} : { after: valueFor(change.entity, change.after, classes) }),
  }
}

/** A value that is no object has no name to be judged by: it is shown as the thing's own field would be. */
const valueFor = (entity: string, value: unknown, classes: ReadonlySet<FieldClass>): unknown =>
  isRecord(value) || isList(value) ? masked(entity, value, classes) : classes.has('ops') ? value : { hidden: 'ops' }
