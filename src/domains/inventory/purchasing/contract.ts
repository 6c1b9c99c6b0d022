// Suppliers and purchase orders: what is bought from whom, and when it should come. Money is in a document of its own.
import { defineApi } from '../../../kernel/contract.ts'

export const purchasingApi = defineApi({})
