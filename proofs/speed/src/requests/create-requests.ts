import type { Ask } from './load.ts'
import { mintKey } from './mint-key.ts'

/** Enough that two connections never replay one key at the same time. */
const mostKept = 5_000

/** What creates were told, to be asked again. */
export type Kept = { readonly body: string; readonly answer: string }[]

let asked = 0

/** A todo nobody else makes, whose title must come back. Each server is asked for the same. */
export function createRequest(kept: Kept = []): Ask {
  asked += 1
  const title = `Buy milk, ${asked}`
  const body = JSON.stringify({ idempotencyKey: mintKey(), title })
  return {
    body,
    check(answer) {
      if (!answer.includes(`"title":"${title}"`)) {
        throw new Error(`"${title}" was asked for, but the answer was ${answer}`)
      }
      if (kept.length < mostKept) kept.push({ body, answer })
    },
  }
}

/** The same again, whose answer must be the first one to the byte. */
export function createReplays(kept: Kept): () => Ask {
  let at = 0
  return () => {
    const first = kept[at % kept.length]
    if (first === undefined) throw new Error('Nothing was created that could be asked for again.')
    at += 1
    return {
      body: first.body,
      check(answer) {
        if (answer !== first.answer) {
          throw new Error(`The answer was ${first.answer}, but again it was ${answer}`)
        }
      },
    }
  }
}
