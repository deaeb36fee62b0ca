import { poolSize, type poolSizesOn } from '@idem/operations/limits'
import type { Environment } from '../environment.ts'

type Settings = Pick<Environment, 'IDEM_PUBLIC_URL'>

/** One finds callers, and one checks passwords and writes sessions. */
const signInConnections = 2

/** Those of the pools that the package idempotency describes. */
const batchConnections = 3
const batchPools = 2
const readinessConnections = 1

/** The connections for requests and maintenance. */
export function mainConnections({ IDEM_PUBLIC_URL }: Settings, size = poolSize): number {
  return size + (IDEM_PUBLIC_URL === undefined ? 0 : signInConnections)
}

/** All connections that an instance opens at most, on a distributed database with these sizes of its pools. */
export function connectionsOfInstance(
  settings: Settings,
  sizes?: ReturnType<typeof poolSizesOn>,
): number {
  const batches = sizes === undefined ? batchConnections : batchPools * sizes.batches
  return mainConnections(settings, sizes?.main) + batches + readinessConnections
}
