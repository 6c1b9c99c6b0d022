// Returns: asked for, approved, received, inspected and disposed of; never more than was shipped.
import { defineApi } from '../../../kernel/contract.ts'

export const returnsApi = defineApi({})
