import { z } from 'zod'

/**
 * The name of one intent: 1–255 visible ASCII characters without comma, quote
 * or backslash, so that it fits unescaped into an HTTP header. Compared byte
 * for byte.
 */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,255}$/, {
    error:
      'A key is 1–255 visible ASCII characters without space, comma, quote or backslash, preferably a UUIDv7.',
  })
  .brand('IdempotencyKey')

export type IdempotencyKey = z.infer<typeof IdempotencyKey>
