import { RefusalError } from '@idem/contract/refusal'
import { IdempotencyError } from '@idem/idempotency'
import type { z } from 'zod'

/** @throws RefusalError or IdempotencyError */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const { success, data, error } = schema.safeParse(input)
  if (success) return data
  throw inputRefusal(error, input)
}

/**
 * The refusal for an input that does not parse, the same on both APIs. The key is checked first: without
 * a valid key the request cannot be retried anyway.
 */
export function inputRefusal(
  { issues }: z.core.$ZodError,
  input: unknown,
): RefusalError | IdempotencyError {
  if (!issues.some(({ path }) => path[0] === 'idempotencyKey')) {
    return invalidInput(issues.flatMap(pathsOf))
  }
  const isMissing = Object(input).idempotencyKey === undefined
  return new IdempotencyError(isMissing ? 'key_missing' : 'key_malformed')
}

/** `paths` lists the members; the empty string is the whole input. */
export function invalidInput(paths: readonly string[], options?: ErrorOptions): RefusalError {
  return new RefusalError('invalid_input', { paths: [...new Set(paths)] }, options)
}

function pathsOf(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.map(String)
  if (issue.code !== 'unrecognized_keys') return [at.join('.')]
  return issue.keys.map((key) => [...at, key].join('.'))
}
