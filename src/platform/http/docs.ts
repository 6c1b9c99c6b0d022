// The API reference: one page made of the contracts when the server starts. No script, no inline style.
import { neededPermissions, type Operation } from '../../kernel/contract.ts'
import { type ProblemCode, PROBLEMS } from '../../kernel/problem.ts'
import { isList, isRecord } from '../../kernel/json.ts'
import { closed } from './closed.ts'
import { type Described, problemsOf, takesIdempotencyKey } from './openapi.ts'
import { sampleOf } from './sample.ts'

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (char) => escapes[char] ?? char)
const code = (text: string): string => `<code>${escape(text)}</code>`
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

function typeName(schema: unknown): string {
  if (!isRecord(schema)) return 'anything'
  const { type, anyOf, items } = schema
  if (isList(schema['enum'])) return schema['enum'].map(String).join(' | ')
  if ('const' in schema) return JSON.stringify(schema['const'])
  if (isList(anyOf)) return anyOf.map(typeName).join(' | ')
  if (type === 'array') return `list of ${typeName(items)}`
  if (type === 'string') return typeof schema['format'] === 'string' ? schema['format'] : 'text'
  return typeof type === 'string' ? type : 'object'
}

/** A table of the fields of an object; nested objects by dotted names. */
function rowsOf(schema: unknown, prefix: string, depth: number): string {
  if (!isRecord(schema) || depth > 4) return ''
  const target = isRecord(schema['items']) ? schema['items'] : schema
  const parts = isList(target['allOf']) ? target['allOf'] : isList(target['anyOf']) ? target['anyOf'] : [target]
  return parts.map((part: unknown) => {
    if (!isRecord(part) || !isRecord(part['properties'])) return ''
    const required = isList(part['required']) ? part['required'] : []
    return Object.entries(part['properties']).map(([name, property]) => {
      const description = isRecord(property) && typeof property['description'] === 'string' ? property['description'] : ''
      const isList = isRecord(property) && property['type'] === 'array'
      return `<tr><td>${code(prefix + name)}${required.includes(name) ? '' : ' <small>optional</small>'}</td><td>${escape(typeName(property))}</td><td>${escape(description)}</td></tr>${rowsOf(property, `${prefix}${name}${isList ? '[]' : ''}.`, depth + 1)}`
    }).join('')
  }).join('')
}

function tableOf(title: string, schema: unknown): string {
  const rows = rowsOf(schema, '', 0)
  return rows === '' ? '' : `<h4>${title}</h4><div class="wide"><table><thead><tr><th>Field</th><th>Type</th><th>Meaning</th></tr></thead><tbody>${rows}</tbody></table></div>`
}

/** A call that can be pasted into a terminal. */
export function curlOf(operation: Operation): string {
  const path = operation.path.replaceAll(/\{([^}]+)\}/g, (_whole, name: string) => `$${name}`)
  const body = operation.body === undefined ? undefined : (operation.example ?? sampleOf(closed(operation.body)))
  const lines = [
    `curl ${operation.method === 'GET' ? '' : `-X ${operation.method} `}"$BSS_URL${path}"`,
    ...(operation.needs === 'public' ? [] : ['-H "Authorization: Bearer $BSS_KEY"']),
    ...(takesIdempotencyKey(operation) && operation.method === 'POST' ? ['-H "Idempotency-Key: $(uuidgen)"'] : []),
    ...(operation.ifMatch === true ? [`-H 'If-Match: "1"'`] : []),
    ...(operation.body === undefined ? [] : [`-H 'Content-Type: ${operation.lines === true ? 'application/x-ndjson' : 'application/json'}'`, `--data-binary ${quoted(JSON.stringify(body ?? {}))}`]),
  ]
  return lines.join(' \\\n  ')
}

function sectionOf({ name, operation }: Described): string {
  const needs = operation.needs === 'public' ? 'Nobody has to sign in.' : neededPermissions(operation).length === 0 ? 'Any valid key.' : `Needs ${neededPermissions(operation).map(code).join(' and ')}.`
  const problems = problemsOf(operation).map((problem) => `<a href="#problem-${problem}">${problem}</a>`).join(', ')
  const answer = operation.lines === true ? 'one line per line, in order' : operation.status === 204 ? 'nothing' : 'JSON'
  const sample = operation.status === 204 ? undefined : sampleOf(closed(operation.returns))
  return `<section id="${escape(name)}"><h3><span class="method">${operation.method}</span> ${code(operation.path)}</h3>
<p>${escape(operation.summary)} <small>${code(name)}</small></p><p>${needs} Answers ${operation.status}: ${answer}.</p>
${tableOf('Path', operation.params)}${tableOf('Query', operation.query)}${tableOf(operation.lines === true ? 'One line' : 'Body', operation.body)}
<h4>Example</h4><pre>${escape(curlOf(operation))}</pre>${sample === undefined ? '' : `<pre>${escape(JSON.stringify(sample, null, 2))}</pre>`}
${operation.status === 204 ? '' : tableOf('Answer', operation.returns)}<p class="problems">Problems: ${problems}</p></section>`
}

const isProblemCode = (text: string): text is ProblemCode => Object.hasOwn(PROBLEMS, text)

/** The whole page. */
export function docsOf(operations: readonly Described[], info: { readonly title: string; readonly version: string }): string {
  const rooms = [...new Set(operations.map(({ room }) => room))].toSorted()
  const inRoom = (room: string): readonly Described[] => operations.filter((described) => described.room === room)
  const nav = rooms.map((room) => `<h2>${escape(room)}</h2><ul>${inRoom(room).map(({ name, operation }) => `<li><a href="#${escape(name)}">${escape(operation.summary)}</a></li>`).join('')}</ul>`).join('')
  const problems = Object.keys(PROBLEMS).filter(isProblemCode).map((problem) => `<tr id="problem-${problem}"><td>${code(problem)}</td><td>${PROBLEMS[problem].status}</td><td>${escape(PROBLEMS[problem].title)}</td></tr>`).join('')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(info.title)} API</title><link rel="stylesheet" href="/docs/docs.css"></head>
<body><nav aria-label="Operations"><a href="#top"><strong>${escape(info.title)}</strong></a> <small>${escape(info.version)}</small>${nav}<p><a href="#problems">Problems</a></p><p><a href="/openapi.json">OpenAPI 3.1</a></p></nav>
<main id="top"><h1>${escape(info.title)} API</h1>
<p>JSON over HTTPS. Send your key as ${code('Authorization: Bearer bss_live_…')}. Instants are RFC 3339 in UTC; money and quantities are decimal texts.</p>
<p>Lists take ${code('limit')} and ${code('after')} and answer ${code('items')} and ${code('nextCursor')}. A write takes an ${code('Idempotency-Key')}: the same key with the same request is done once. A changed thing is written with ${code('If-Match')}, the ${code('ETag')} you have seen. Send a ${code('Consistency-Token')} back to read what you have written.</p>
${rooms.map((room) => `<h2>${escape(room)}</h2>${inRoom(room).map(sectionOf).join('')}`).join('')}
<h2 id="problems">Problems</h2><p>Refusals are ${code('application/problem+json')} (RFC 9457) with a stable ${code('code')}, the request id, and ${code('errors')} with a JSON pointer each.</p>
<div class="wide"><table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th></tr></thead><tbody>${problems}</tbody></table></div></main></body></html>`
}
