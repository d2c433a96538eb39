import { Type } from 'typebox'

/** A request body with these members and no others. */
export function Body<const T extends Parameters<typeof Type.Object>[0]>(members: T) {
  return Type.Object(members, { additionalProperties: false })
}

/** The id of a user, a task or a component. */
export const Id = Type.String({ minLength: 1, maxLength: 100 })

/** One line for people. */
export const Title = Type.String({ minLength: 1, maxLength: 200 })
