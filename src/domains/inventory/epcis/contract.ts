// Traceability in the form of EPCIS 2.0: what happened to which goods, where, when and why.
import { defineApi } from '../../../kernel/contract.ts'

export const epcisApi = defineApi({})
