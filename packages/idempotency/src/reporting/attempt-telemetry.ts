/**
 * What is learnt of an attempt on its way, for its report. Nothing is decided
 * by it, so a claim may come without.
 */
export type AttemptTelemetry = {
  claimWaitMs?: number
  replayAgeMs?: number | undefined
  ambiguous?: boolean
  /** It shared the attempt of another one, and with it that one's commit. */
  isDuplicate?: boolean
}

type Recorded = { readonly telemetry?: AttemptTelemetry }

/** Gives what is waited for, and adds the time to what the attempt has waited for its key. */
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
