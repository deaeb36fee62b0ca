import { isUtf8 } from 'node:buffer'
import type { OutgoingHttpHeader } from 'node:http'

/** Headers by their names in lower case. */
export type Headers = Readonly<Record<string, OutgoingHttpHeader>>

/** Bytes as a string: the text that they are, or another encoding of them. */
type Encoded = { readonly body: string; readonly encoding?: 'base64' }

/** A whole response, in the form that is stored with the key. */
export type ResponseParts = {
  readonly status: number
  readonly headers: Headers
} & Encoded

/** A response of the handler, complete but not sent. */
export type HandlerResponse = {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
  /** The error of the handler, where the framework reveals it. */
  readonly error?: unknown
}

/**
 * Headers that describe the body, or lead to the resource. The others are of one response
 * only: dates, limits, identifiers of a request, and above all cookies.
 */
const stored = /^(?:cache-control|content-.*|etag|last-modified|link|location|vary)$/

export function partsOf(
  { status, headers, body }: HandlerResponse,
  more: readonly string[] = [],
): ResponseParts {
  const chosen = `${more}`.toLowerCase().split(',')
  const kept = Object.entries(headers).filter(
    ([name]) => stored.test(name) || (name !== 'set-cookie' && chosen.includes(name)),
  )
  return { status, headers: Object.fromEntries(kept), ...encoded(body) }
}

/** Null without a body, which some statuses forbid. */
export function bytesOf({ body, encoding }: Encoded): Buffer<ArrayBuffer> | null {
  return body === '' ? null : Buffer.from(body, encoding)
}

export function encoded(bytes: Buffer): Encoded {
  return isUtf8(bytes)
    ? { body: `${bytes}` }
    : { body: bytes.toString('base64'), encoding: 'base64' }
}
