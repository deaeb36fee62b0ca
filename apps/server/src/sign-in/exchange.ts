import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseJson, readJsonText } from '@idem/api/read-body'
import { RefusalError } from '@idem/contract/refusal'
import { z } from 'zod'

export type Sent = { readonly request: IncomingMessage; readonly response: ServerResponse }

/** Answers, and returns the owner where one is known. */
export type Action = (sent: Sent) => Promise<string | undefined>

/** Longer than any passphrase; hashing more would only cost time. */
const mostPassword = 256

/** One that somebody claims to have. */
export const Password = z.string().min(1).max(mostPassword)
// NIST SP 800-63B and ASVS 6.2: length is what counts, so no rule for its characters.
export const NewPassword = z.string().min(12).max(mostPassword)
/** PostgreSQL stores and compares no NUL, and a lone surrogate would come back as another character. */
export const Text = z.string().refine((text) => text.isWellFormed() && !text.includes('\0'))
/** A control character would move the cursor of the operator who lists names. */
export const Name = Text.max(200).refine((name) => !/\p{Cc}/u.test(name))
/** The input of an action that needs none. */
export const Nothing = z.strictObject({})
export const ApiKeyName = Name.min(1).max(100)

/** @throws RefusalError `invalid_input`, `too_large` or `wrong_type` */
export async function readInput<Shape extends z.ZodType>(
  shape: Shape,
  request: IncomingMessage,
): Promise<z.output<Shape>> {
  const parsed = shape.safeParse(parseJson(await readJsonText(request)))
  if (parsed.success) return parsed.data
  const paths = [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))]
  throw new RefusalError('invalid_input', { paths })
}

export function send(response: ServerResponse, status: number, body?: unknown): void {
  response.writeHead(status, {
    'cache-control': 'no-store',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}
