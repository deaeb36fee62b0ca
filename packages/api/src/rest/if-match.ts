import type { IncomingMessage } from 'node:http'
import { RefusalError } from '@idem/contract/refusal'

/** The version that `If-Match` names; undefined without the header. Only one strong ETag as this face gives them out is understood. */
export function versionToMatch(headers: IncomingMessage['headers']): number | undefined {
  const header = headers['if-match']
  if (header === undefined) return undefined
  // Several of these headers arrive joined by a comma and so are not such an ETag either.
  const [, digits] = /^"([1-9]\d*)"$/.exec(header) ?? []
  const version = Number(digits)
  if (version <= highestVersion) return version
  throw new RefusalError('invalid_input', { paths: ['If-Match'] })
}

/** PostgreSQL's integer, in which versions are kept; a higher one was never given out and cannot even be asked for. */
const highestVersion = 2_147_483_647
