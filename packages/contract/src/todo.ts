import { z } from 'zod'
import { isTitle } from './title-error.ts'

/** 1–500 Unicode code points after trimming, at least one visible; no NUL and no lone surrogate, which PostgreSQL cannot store. */
export const Title = z
  .string()
  .trim()
  // For the JSON Schema, which cannot express the check behind it.
  .min(1)
  .refine(isTitle)

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
