// The shapes of what browsers send. Whatever else stands in them is not looked at.
import Type from 'typebox'
import { Compile } from 'typebox/compile'

const Base64Url = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^[A-Za-z0-9_-]+$' })
const Id = Base64Url(1400)
const head = { id: Id, rawId: Id, type: Type.Literal('public-key'), clientExtensionResults: Type.Optional(Type.Object({})) }

export const AnyAnswer = Compile(Type.Object({ id: Id }))
export const CreatedAnswer = Compile(Type.Object({
  ...head,
  response: Type.Object({
    clientDataJSON: Base64Url(4000), attestationObject: Base64Url(20_000), transports: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z-]{1,20}$' }), { maxItems: 10 })),
  }),
}))
export const UsedAnswer = Compile(Type.Object({
  ...head,
  response: Type.Object({
    clientDataJSON: Base64Url(4000), authenticatorData: Base64Url(4000), signature: Base64Url(2000), userHandle: Type.Optional(Type.Union([Base64Url(100), Type.Null()])),
  }),
}))
