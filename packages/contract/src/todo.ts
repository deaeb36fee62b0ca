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
    error: 'A title holds no NUL and no half of a surrogate pair.',
  })

/** A UUIDv7, minted by the client (so a row can be shown before the server answered) or by the server. */
export const TodoId = z.uuidv7().toLowerCase().brand('TodoId')
export type TodoId = z.infer<typeof TodoId>

/** What every face answers. Dates are ISO 8601 in UTC, so what is stored for replay is what was sent. */
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
  // A string of at most 500 units is short enough whatever it holds; only a longer one is counted.
  return text.length <= longestTitle ? text.length : [...text].length
}
