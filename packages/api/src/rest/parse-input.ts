import { TRPCError } from '@trpc/server'
import type { z } from 'zod'
import { refusalOf } from '../refusal-shape.ts'

/** Refused as the other face would refuse it: with the same code, naming the same members. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const { success, data, error } = schema.safeParse(input)
  if (success) return data
  throw refusalOf(new TRPCError({ code: 'BAD_REQUEST', cause: error }), input)
}
