import { z } from 'zod'

const longestTitle = 500

/** 1–500 Unicode code points after trimming; no NUL and no lone surrogate, which PostgreSQL cannot store. */
export const Title = z
  .string()
  .trim()
  .min(1, { error: 'A title needs at least one character that is not a space.' })
  .refine((title) => codePoints(title) <= longestTitle, {
    error: `A title has at most ${longestTitle} characters.`,
  })
  .refine((title) => !title.includes('\0') && title.isWellFormed(), {
    error: 'A title must not contain NUL or a lone surrogate.',
  })

/** A UUIDv7, minted by the client (so that a row can be shown before the server answers) or by the server. */
export const TodoId = z.uuidv7().toLowerCase().brand('TodoId')
export type TodoId = z.infer<typeof TodoId>

/** The answer of both APIs. Dates are ISO 8601 in UTC, so the stored answer equals the one sent. */
export const Todo = z.strictObject({
  id: z.string(),
  title: z.string(),
  completed: z.boolean(),
  version: z.int().min(1),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})
export type Todo = z.infer<typeof Todo>

function codePoints(text: string): number {
  // A string of at most 500 UTF-16 units is short enough; only a longer one needs counting.
  return text.length <= longestTitle ? text.length : [...text].length
}
