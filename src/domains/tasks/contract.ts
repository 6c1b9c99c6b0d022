// Tasks: the work of a warehouse, one thing at a time, for the person or machine that is free; waves that release it. It refuses to do
// the same work twice.
import { defineApi } from '../../kernel/contract.ts'
import { clustersApi } from './clusters/contract.ts'
import { movesApi } from './moves/contract.ts'
import { scansApi } from './scans/contract.ts'
import { wavesApi } from './waves/contract.ts'
import { workApi } from './work/contract.ts'

export const tasksApi = defineApi({ ...workApi, ...clustersApi, ...movesApi, ...wavesApi, ...scansApi })
