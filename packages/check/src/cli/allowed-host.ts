import { isLoopback } from '../http/send.ts'
import { UsageError } from '../lab/usage-error.ts'

/** Throws for a host that is neither this machine nor named by the person. */
export function expectAllowed(url: URL, owned: readonly string[]): void {
  if (isLoopback(url.hostname) || owned.includes(url.hostname)) return
  throw new UsageError(
    `${url.hostname} is not this machine. If it is yours, add --i-own-this ${url.hostname}`,
  )
}
