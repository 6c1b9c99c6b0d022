import { identityApi } from '../domains/identity/contract.ts'
import { plainCall } from '../kernel/client.ts'
import { connect } from './connection.ts'
import { EXIT } from './exit.ts'
import { connectionOptionsOf } from './operate.ts'
import type { HandMadeCommand } from './run.ts'
import { showThing } from './show.ts'

export const whoami: HandMadeCommand = {
  word: 'whoami',
  usage: 'whoami [--json]',
  summary: identityApi.whoami.summary.toLowerCase(),
  options: [],
  notes: [],
  examples: [{ line: 'whoami --organization acme --role planner', says: 'What a planner of the demo may do' }],
  parse: {},
  run: async (world, _positionals, typed) => {
    const { sender } = await connect(world, connectionOptionsOf(typed), false)
    showThing(world, await plainCall('whoami', identityApi.whoami, {}, sender), typed['json'] === true)
    return EXIT.ok
  },
}
