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
export async function waited<T>(attempt: Recorded, awaited: Promise<T>): Promise<T> {
  const ended = beginWait(attempt)
  try {
    return await awaited
  } finally {
    ended()
  }
}

/** The attempt waits for its key until the returned function is called for the first time. */
export function beginWait({ telemetry = {} }: Recorded): () => void {
  const begun = performance.now()
  let isOver = false
  return () => {
    if (isOver) return
    isOver = true
    const before = telemetry.claimWaitMs ?? 0
    record({ telemetry }, { claimWaitMs: before + performance.now() - begun })
  }
}

export function record({ telemetry }: Recorded, learnt: AttemptTelemetry): void {
  if (telemetry !== undefined) Object.assign(telemetry, learnt)
}
