// Tasks: the work of a warehouse, one thing at a time, for the person or machine that is free; waves that release it, and scans that prove it. It refuses to do
// the same work twice.
import { defineApi } from '../../kernel/contract.ts'

export const tasksApi = defineApi({})
