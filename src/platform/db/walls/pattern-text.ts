// A text that fits a regular expression of a check constraint, for rows that are generated from the catalogue. It knows the part
// of the language that such constraints use: anchors, classes, groups, alternatives and counts.
import type { Dice } from './dice.ts'

interface Read {
  readonly text: string
  readonly at: number
}

/** A text that matches; longer than the least where the pattern allows, so that it can be told from others. */
export function textMatching(pattern: string, dice: Dice): string {
  return alternatives(pattern, 0, dice).text
}

function alternatives(pattern: string, start: number, dice: Dice): Read {
  const options: string[] = []
  let at = start
  let text = ''
  while (at < pattern.length && pattern[at] !== ')') {
    if (pattern[at] === '|') {
      options.push(text)
      text = ''
      at += 1
      continue
    }
    const piece = repeated(pattern, at, dice)
    text += piece.text
    at = piece.at
  }
  options.push(text)
  return { text: dice.pick(options), at }
}

function repeated(pattern: string, start: number, dice: Dice): Read {
  const once = single(pattern, start, dice)
  const count = /^(?:\{(\d+)(,(\d*))?\}|[*+?])/.exec(pattern.slice(once.at))
  if (count === null) return once
  const sign = count[0][0] ?? ''
  const least = sign === '{' ? Number(count[1]) : sign === '+' ? 1 : 0
  const most = sign === '?' ? 1 : sign === '{' ? (count[2] === undefined ? least : Number(count[3] === '' ? least + 12 : count[3])) : least + 12
  let text = ''
  for (let n = Math.min(most, Math.max(least, 10)); n > 0; n -= 1) text += single(pattern, start, dice).text
  return { text, at: once.at + count[0].length }
}

function single(pattern: string, at: number, dice: Dice): Read {
  const char = pattern.charAt(at)
  if (char === '^' || char === '$') return { text: '', at: at + 1 }
  if (char === '(') {
    const skip = pattern.startsWith('(?:', at) ? 3 : 1
    const inner = alternatives(pattern, at + skip, dice)
    return { text: inner.text, at: inner.at + 1 }
  }
  if (char === '[') {
    const end = pattern.indexOf(']', at + 2)
    return { text: dice.charOf(membersOf(pattern.slice(at + 1, end))), at: end + 1 }
  }
  if (char === '\\') return { text: classOf(pattern.charAt(at + 1), dice), at: at + 2 }
  return { text: char === '.' ? dice.charOf('abcdefghij') : char, at: at + 1 }
}

const classOf = (letter: string, dice: Dice): string => (letter === 'd' ? dice.charOf('0123456789') : letter === 'w' ? dice.charOf('abcdef') : letter === 's' ? ' ' : letter)

function membersOf(inside: string): string {
  if (inside.startsWith('^')) return 'abcdefghijkmnpqrstuvwxyz'.split('').filter((letter) => !inside.includes(letter)).join('')
  let members = ''
  for (let at = 0; at < inside.length; at += 1) {
    const last = inside.charAt(at + 2)
    if (inside[at + 1] === '-' && last !== '') {
      for (let code = inside.charCodeAt(at); code <= last.charCodeAt(0); code += 1) members += String.fromCharCode(code)
      at += 2
    } else members += inside.charAt(at)
  }
  return members
}
