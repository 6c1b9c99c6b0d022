// The face of this folder: names of domains and their TXT records.
export { type DomainRefusal, normalDomain, readDomain } from './domain-name.ts'
export { createTxtResolver, TxtLookupError, type TxtOptions, type TxtResolver } from './txt.ts'
