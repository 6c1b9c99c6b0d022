// Cycle counts: blind, counted again when it differs, approved by somebody else, posted.
import { defineApi } from '../../../kernel/contract.ts'

export const countsApi = defineApi({})
