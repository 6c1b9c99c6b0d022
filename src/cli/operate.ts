// Runs the command of one operation: what was typed → call → answer on paper.
import { plainCall, streamCall, type AnyCall, type Sender } from '../kernel/client.ts'
import { isRecord } from '../kernel/json.ts'
import type { OperationCommand } from './command.ts'
import { connect, type ConnectionOptions } from './connection.ts'
import { callOf, kebab, textOf, type Typed } from './flags.ts'
import { withIds } from './names.ts'
import { itemsOf, showItems, showThing } from './show.ts'
import { stopIfAsked, type World } from './world.ts'

export const connectionOptionsOf = (typed: Typed): ConnectionOptions => ({ url: textOf(typed, 'url'), key: textOf(typed, 'key'), organization: textOf(typed, 'organization'), role: textOf(typed, 'role') })

export const isForPlatform = ({ operation }: OperationCommand): boolean => [operation.needs].flat().some((permission) => permission.startsWith('platform:'))

export async function operate(world: World, command: OperationCommand, positionals: readonly string[], typed: Typed): Promise<void> {
  const typedCall = callOf(command, positionals, typed)
  const { sender } = await connect(world, connectionOptionsOf(typed), isForPlatform(command))
  const call = await withIds(typedCall, sender)
  const isJson = typed['json'] === true
  if (command.operation.lines === true) return streamOut(world, command, call, sender)
  const { list, next = 'nextCursor' } = command.answer ?? {}
  const nextBy = command.operation.nextBy ?? 'after'
  let cursor: string | null = null
  do {
    stopIfAsked(world)
    const answer = await plainCall(command.name, command.operation, cursor === null ? call : { ...call, query: { ...call.query, [nextBy]: cursor } }, sender)
    const items = itemsOf(answer, list)
    if (items === null) return showThing(world, answer, isJson)
    showItems(world, items, command.columns, isJson)
    cursor = isRecord(answer) && typeof answer[next] === 'string' ? answer[next] : null
  } while (cursor !== null && typed['all'] === true)
  if (cursor !== null) world.talk.write(`There is more: repeat with --${kebab(nextBy)} ${cursor}, or with --all for everything.\n`)
}

async function streamOut(world: World, command: OperationCommand, call: AnyCall, sender: Sender): Promise<void> {
  for await (const line of streamCall(command.name, command.operation, call, sender)) {
    stopIfAsked(world)
    world.out.write(`${JSON.stringify(line)}\n`)
  }
}
