// Pick faces: the bins goods are picked from, and how full they are kept.
import { defineApi } from '../../../kernel/contract.ts'

export const pickFacesApi = defineApi({})
