import type { Refusal } from '../entry.ts'
import type { Outbox, Submission } from '../outbox.ts'

/**
 * Adds an intent and resolves with its answer. If the server refuses it, the caller is
 * the person to ask: it rejects with the refusal, and the entry is discarded.
 */
export async function answerOf<Intent, Answer, Refused extends Refusal>(
  outbox: Outbox<Intent, Answer, Refused>,
  submission: Submission<Intent>,
): Promise<Answer> {
  const { key, answer } = outbox.add(submission)
  let isGivenUp = false

  function giveUpIfRefused(): void {
    const entry = outbox.getSnapshot().entries.find(({ id }) => id === key)
    const isRefused =
      entry?.status.state === 'needs_person' && entry.status.question.kind === 'refused'
    if (!isRefused || isGivenUp) return
    isGivenUp = true
    // If it cannot be stored now, it is discarded at the next change.
    outbox.discard(key).catch(() => {
      isGivenUp = false
    })
  }

  const stop = outbox.subscribe(giveUpIfRefused)
  try {
    return await answer
  } finally {
    stop()
  }
}
