/**
 * What is learnt of an attempt on its way, for its report. Nothing is decided
 * by it, so a claim may come without.
 */
export type AttemptNotes = {
  claimWaitMs?: number
  replayAgeMs?: number | undefined
  doubtful?: boolean
  /** It shared another one's flight, and with it that one's doubt, which is one commit's. */
  isTwin?: boolean
}

type Noted = { readonly notes?: AttemptNotes }

/** Gives what is waited for, and adds the time to what the attempt has waited for its key. */
export async function waited<T>({ notes }: Noted, awaited: Promise<T>): Promise<T> {
  const begun = performance.now()
  try {
    return await awaited
  } finally {
    const before = notes?.claimWaitMs ?? 0
    note({ notes: notes ?? {} }, { claimWaitMs: before + performance.now() - begun })
  }
}

export function note({ notes }: Noted, learnt: AttemptNotes): void {
  if (notes !== undefined) Object.assign(notes, learnt)
}
