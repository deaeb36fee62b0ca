import type { IncomingMessage } from 'node:http'
import { invalidInput } from '../../http/parse-input.ts'

/** The version that `If-Match` names; undefined without the header. It must be one strong ETag in the form of this API. */
export function versionToMatch(headers: IncomingMessage['headers']): number | undefined {
  const header = headers['if-match']
  if (header === undefined) return undefined
  // Node joins several of these headers with a comma, which is not such an ETag either.
  const [, digits] = /^"([1-9]\d*)"$/.exec(header) ?? []
  const version = Number(digits)
  if (version <= highestVersion) return version
  throw invalidInput(['If-Match'])
}

/** The largest PostgreSQL integer; no todo has a higher version, and a query for one fails. */
const highestVersion = 2_147_483_647
