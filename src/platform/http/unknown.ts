// Paths and methods nobody declared. Without a valid key they all look the same: 401. With one: 404, or 405 with `Allow`.
import type { FastifyReply } from 'fastify'
import { Problem } from '../../kernel/problem.ts'
import { sendProblem } from './answer.ts'
import type { Exchange } from './exchange.ts'
import type { Route } from './route.ts'

export type MethodsOf = (path: string) => readonly string[]

/** Which methods a path knows. A linear search: only authenticated mistakes come here. */
export function methodsByPath(routes: readonly Route[]): MethodsOf {
  const patterns = routes.map(({ operation }) => ({ method: operation.method, pattern: new RegExp(`^${operation.path.replaceAll(/[.]/g, '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`) }))
  return (path) => {
    const methods = new Set<string>(patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))
    if (methods.has('GET')) methods.add('HEAD')
    return [...methods].toSorted()
  }
}

export function answerUnknown(reply: FastifyReply, exchange: Exchange, methodsOf: MethodsOf): void {
  const { method, url } = reply.request
  const methods = methodsOf(url.split('?', 1)[0] ?? '')
  if (methods.length === 0) return sendProblem(reply, exchange, new Problem('not_found', 'There is nothing at this address. /docs lists what there is.'))
  // The router gives up on parts longer than any id or code; the address is known all the same.
  if (methods.includes(method)) return sendProblem(reply, exchange, new Problem('bad_request', 'A part of the path is too long.'))
  exchange.allow = methods.join(', ')
  sendProblem(reply, exchange, new Problem('method_not_allowed', `${method} is not possible here; ${methods.join(', ')} ${methods.length === 1 ? 'is' : 'are'}.`))
}
