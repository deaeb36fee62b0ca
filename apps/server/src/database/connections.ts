import { poolSize } from '@idem/operations/limits'
import type { Environment } from '../environment.ts'

type Settings = Pick<Environment, 'IDEM_PUBLIC_URL'>

/** One finds callers, and one checks passwords and writes sessions. */
const signInConnections = 2

/** Those of the pools that the package idempotency describes. */
const batchConnections = 3
const readinessConnections = 1

/** The connections for requests and maintenance. */
export function mainConnections({ IDEM_PUBLIC_URL }: Settings, size = poolSize): number {
  return size + (IDEM_PUBLIC_URL === undefined ? 0 : signInConnections)
}

/** All connections that an instance opens at most. */
export function connectionsOfInstance(settings: Settings): number {
  return mainConnections(settings) + batchConnections + readinessConnections
}
