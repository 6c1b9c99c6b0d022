/** One file as the rules see it: comments and code apart, both of the length of the text, so that line numbers agree. */
export type Source = { path: string; text: string; code: string; comments: string; imports: readonly Import[] }
export type Import = { specifier: string; line: number }

const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+*%<>~^-]|\b(?:return|typeof|case|in|of|void|await|yield))$/

type Piece = { end: number; kind: 'comment' | 'string' | 'regex' }

function endOfString(text: string, start: number): number {
  const quote = text[start]
  let at = start + 1
  while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function endOfRegex(text: string, start: number): number {
  let at = start + 1
  let isInClass = false
  while (at < text.length && text[at] !== '\n' && (isInClass || text[at] !== '/')) {
    if (text[at] === '[') isInClass = true
    if (text[at] === ']') isInClass = false
    at += text[at] === '\\' ? 2 : 1
  }
  return at + 1
}

// The text of a template up to its end or to its next `${`; what stands between the braces is code again.
function endOfTemplateText(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '`' && !text.startsWith('${', at)) at += text[at] === '\\' ? 2 : 1
  return text[at] === '`' ? at + 1 : at + 2
}

function untilOrEnd(text: string, mark: string, start: number, length: number): number {
  const at = text.indexOf(mark, start)
  return at === -1 ? text.length : at + length
}

function pieceAt(text: string, at: number, codeBefore: string): Piece | undefined {
  const char = text[at]
  if (text.startsWith('//', at)) return { kind: 'comment', end: untilOrEnd(text, '\n', at, 0) }
  if (text.startsWith('/*', at)) return { kind: 'comment', end: untilOrEnd(text, '*/', at + 2, 2) }
  if (char === "'" || char === '"') return { kind: 'string', end: endOfString(text, at) }
  if (char === '`') return { kind: 'string', end: endOfTemplateText(text, at) }
  if (char === '/' && BEFORE_REGEX.test(codeBefore.trimEnd())) return { kind: 'regex', end: endOfRegex(text, at) }
  return undefined
}

const blank = (text: string): string => text.replace(/[^\n]/g, ' ')

function splitCode(text: string): { code: string; comments: string } {
  let code = ''
  let comments = ''
  const braces: ('block' | 'template')[] = []
  let at = 0
  while (at < text.length) {
    const char = text.charAt(at)
    const isBackInTemplate = char === '}' && braces.at(-1) === 'template'
    const piece = isBackInTemplate ? { kind: 'string' as const, end: endOfTemplateText(text, at) } : pieceAt(text, at, code.slice(-40))
    if (char === '}') braces.pop()
    if (piece === undefined) {
      if (char === '{') braces.push('block')
      code += char
      comments += blank(char)
      at += 1
      continue
    }
    const end = Math.min(piece.end, text.length)
    const part = text.slice(at, end)
    if (part.endsWith('${') && (char === '`' || isBackInTemplate)) braces.push('template')
    // The quotes stay, so that a rule can see that a string stood here.
    code += piece.kind === 'comment' ? blank(part) : `${char}${blank(part.slice(1, -1))}${part.length > 1 ? part.slice(-1) : ''}`
    comments += piece.kind === 'comment' ? part : blank(part)
    at = end
  }
  return { code, comments }
}

export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

const IMPORTS = [/\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]/g, /\bimport\s*['"]/g, /\bimport\s*\(\s*['"`]/g]

function importsOf(text: string, code: string): Import[] {
  const found = IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)])
  return found.map((match) => {
    const quoteAt = match.index + match[0].length - 1
    return { specifier: text.slice(quoteAt + 1, endOfString(text, quoteAt) - 1), line: lineAt(text, quoteAt) }
  })
}

const isCode = (path: string): boolean => /\.(?:ts|tsx|mjs)$/.test(path)

export function sourceOf(path: string, text: string): Source {
  if (!isCode(path)) return { path, text, code: '', comments: '', imports: [] }
  const { code, comments } = splitCode(text)
  return { path, text, code, comments, imports: importsOf(text, code) }
}
