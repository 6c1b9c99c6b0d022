// One run of `bss`: find the command, read its options, do it, end with a code.
import { parseArgs } from 'node:util'
import type { Noun, OperationCommand } from './command.ts'
import { EXIT, failureOf, usageError, type ExitCode } from './exit.ts'
import { CALL_FLAGS, GLOBAL_FLAGS, parseOptionsOf, type Typed } from './flags.ts'
import { helpOfAll, helpOfCommand, helpOfHandMade, helpOfNoun, type HandMade } from './help.ts'
import { nearest } from './nearest.ts'
import { operate } from './operate.ts'
import type { World } from './world.ts'

/** A command that is no single operation. It gets the words after its own, and its options. */
export interface HandMadeCommand extends HandMade {
  readonly parse: Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly multiple?: boolean }>>
  readonly run: (world: World, positionals: readonly string[], typed: Typed) => Promise<ExitCode>
}
export interface Program {
  readonly nouns: readonly Noun[]
  readonly handMade: readonly HandMadeCommand[]
  readonly version: string
}

/** Never rejects: every failure becomes a sentence on standard error and an exit code. */
export async function run(program: Program, world: World, argv: readonly string[]): Promise<ExitCode> {
  try {
    return await dispatch(program, world, argv)
  } catch (error) {
    if (world.signal.aborted) {
      if (world.isUnread()) return EXIT.ok
      world.talk.write('\nStopped. What was acknowledged stays; run the same command again to go on.\n')
      return EXIT.interrupted
    }
    if (world.env['BSS_DEBUG'] === '1' && error instanceof Error) world.talk.write(`${error.stack ?? ''}\n`)
    const failure = failureOf(error)
    world.talk.write(`bss: ${failure.lines.join('\n')}\n`)
    return failure.exitCode
  }
}

async function dispatch(program: Program, world: World, argv: readonly string[]): Promise<ExitCode> {
  const [first = 'help', second, ...others] = argv
  if (first === 'help' || first === '--help' || first === '-h') return help(program, world, argv.slice(1))
  if (first === '--version' || first === 'version') {
    world.out.write(`${program.version}\n`)
    return EXIT.ok
  }
  const made = handMadeOf(program, first)
  if (made !== undefined) return runHandMade(world, made, argv.slice(1))
  const noun = nounOf(program, first)
  if (second === undefined || second === '--help' || second === '-h') return show(world, helpOfNoun(noun, program.handMade), second === undefined)
  const ownVerb = handMadeOf(program, second, first)
  if (ownVerb !== undefined) return runHandMade(world, ownVerb, others)
  const found = verbOf(program, noun, second)
  const { positionals, typed } = typedOf(others, { ...GLOBAL_FLAGS, ...CALL_FLAGS, ...parseOptionsOf(found) })
  if (typed['help'] === true) return show(world, helpOfCommand(noun.noun, found))
  await operate(world, found, positionals, typed)
  return EXIT.ok
}

const handMadeOf = (program: Program, word: string, noun?: string): HandMadeCommand | undefined => program.handMade.find((made) => made.word === word && made.noun === noun)

async function runHandMade(world: World, made: HandMadeCommand, args: readonly string[]): Promise<ExitCode> {
  const { positionals, typed } = typedOf(args, { ...GLOBAL_FLAGS, ...made.parse })
  return typed['help'] === true ? show(world, helpOfHandMade(made)) : await made.run(world, positionals, typed)
}

/** Help that was asked for is data; help in place of an answer is talk. */
function show(world: World, text: string, isRefusal = false): ExitCode {
  ;(isRefusal ? world.talk : world.out).write(text)
  return isRefusal ? EXIT.usage : EXIT.ok
}

function help(program: Program, world: World, words: readonly string[]): ExitCode {
  const [first, second] = words
  if (first === undefined || first.startsWith('-')) return show(world, helpOfAll(program.nouns, program.handMade))
  const made = handMadeOf(program, first)
  if (made !== undefined) return show(world, helpOfHandMade(made))
  const noun = nounOf(program, first)
  if (second === undefined || second.startsWith('-')) return show(world, helpOfNoun(noun, program.handMade))
  const ownVerb = handMadeOf(program, second, first)
  return show(world, ownVerb === undefined ? helpOfCommand(noun.noun, verbOf(program, noun, second)) : helpOfHandMade(ownVerb))
}

const didYouMean = (word: string, known: readonly string[], otherwise: string): string => {
  const meant = nearest(word, known)
  return meant === null ? otherwise : `Did you mean \`${meant}\`?`
}

function nounOf(program: Program, word: string): Noun {
  const noun = program.nouns.find((each) => each.noun === word)
  if (noun !== undefined) return noun
  const words = [...program.nouns.map((each) => each.noun), ...program.handMade.filter((each) => each.noun === undefined).map((each) => each.word), 'help']
  throw usageError(`There is no command "${word}".`, didYouMean(word, words, '`bss help` lists the commands.'))
}

function verbOf(program: Program, noun: Noun, word: string): OperationCommand {
  const found = noun.commands.find(({ verb }) => verb === word)
  if (found !== undefined) return found
  const verbs = [...noun.commands.map(({ verb }) => verb), ...program.handMade.filter((each) => each.noun === noun.noun).map((each) => each.word)]
  throw usageError(`"${noun.noun}" has no verb "${word}".`, didYouMean(word, verbs, `It has ${verbs.join(', ')}.`))
}

type ParseOptions = Record<string, { type: 'string' | 'boolean'; short?: string; multiple?: boolean }>

function typedOf(args: readonly string[], options: ParseOptions): { positionals: readonly string[]; typed: Typed } {
  for (const arg of args) {
    if (arg === '--') break
    const name = /^--(?:no-)?([A-Za-z0-9-]+)/.exec(arg)?.[1]
    if (name !== undefined && options[name] === undefined && options[`no-${name}`] === undefined) {
      throw usageError(`There is no option --${name}.`, didYouMean(name, Object.keys(options), 'Add --help to see the options.'))
    }
  }
  try {
    const { values, positionals } = parseArgs({ args: [...joined(args, options)], options, allowPositionals: true, allowNegative: true, strict: true })
    return { positionals, typed: values }
  } catch (error) {
    throw usageError(error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'The options cannot be read.', 'Add --help to see the options.')
  }
}

/** `--sort -orderedAt`: a value may begin with one hyphen, which parseArgs takes only behind an equals sign. */
function joined(args: readonly string[], options: ParseOptions): readonly string[] {
  const result: string[] = []
  for (const arg of args) {
    const before = result.at(-1)
    const name = before?.startsWith('--') === true && !before.includes('=') ? before.slice(2) : null
    const takesValue = name !== null && options[name]?.type === 'string'
    if (takesValue && /^-[^-]/.test(arg)) result[result.length - 1] = `${before}=${arg}`
    else result.push(arg)
  }
  return result
}
