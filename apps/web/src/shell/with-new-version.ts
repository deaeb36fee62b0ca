import type { Status } from '../todos/status/status-text.ts'

/** Adds to the overall state that the server has a new release. Another action comes first. */
export function withNewVersion(status: Status, isOutdated: boolean): Status {
  if (!isOutdated) return status
  const words = [status.words, 'A new version is ready'].filter(Boolean).join(' · ')
  return { ...status, words, action: status.action ?? 'renew' }
}
