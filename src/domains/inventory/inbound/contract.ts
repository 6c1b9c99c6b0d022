// Goods that arrive: announced by ship notices, received with tolerances, inspected, and given a place.
import { defineApi } from '../../../kernel/contract.ts'

export const inboundApi = defineApi({})
