/**
 * Facts that are collected during an attempt, for its report. They decide nothing,
 * so a claim works without.
 */
export type AttemptTelemetry = {
  claimWaitMs?: number
  replayAgeMs?: number | undefined
  ambiguous?: boolean
  /** It shared the attempt of another one, and so that one's commit. */
  isDuplicate?: boolean
}

type Recorded = { readonly telemetry?: AttemptTelemetry }

/** Awaits the promise, and adds the time to the attempt's wait for its key. */
export async function waited<T>({ telemetry }: Recorded, awaited: Promise<T>): Promise<T> {
  const begun = performance.now()
  try {
    return await awaited
  } finally {
    const before = telemetry?.claimWaitMs ?? 0
    record({ telemetry: telemetry ?? {} }, { claimWaitMs: before + performance.now() - begun })
  }
}

export function record({ telemetry }: Recorded, learnt: AttemptTelemetry): void {
  if (telemetry !== undefined) Object.assign(telemetry, learnt)
}
