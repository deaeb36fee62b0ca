import { z } from 'zod'

/** A key, written from the contract and not from the code. */
export const Key = z.string().regex(/^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,255}$/)

export const KeyInput = z.strictObject({ idempotencyKey: Key })
