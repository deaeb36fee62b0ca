import type { Ask } from './load.ts'
import { mintKey } from './mint-key.ts'

/** Enough that two connections never replay one key at the same time. */
const mostKept = 5_000

/** The answers of creates, to be replayed. */
export type Kept = { readonly body: string; readonly answer: string }[]

let asked = 0

/** A unique todo, whose title must be returned. Every server gets the same request. */
export function createRequest(kept: Kept = []): Ask {
  asked += 1
  const title = `Buy milk, ${asked}`
  const body = JSON.stringify({ idempotencyKey: mintKey(), title })
  return {
    body,
    check(answer) {
      if (!answer.includes(`"title":"${title}"`)) {
        throw new Error(`Expected "${title}", received ${answer}`)
      }
      if (kept.length < mostKept) kept.push({ body, answer })
    },
  }
}

/** A replay, whose answer must equal the first to the byte. */
export function createReplays(kept: Kept): () => Ask {
  let at = 0
  return () => {
    const first = kept[at % kept.length]
    if (first === undefined) throw new Error('Expected a created todo to replay, found none.')
    at += 1
    return {
      body: first.body,
      check(answer) {
        if (answer !== first.answer) {
          throw new Error(`Expected the replay ${first.answer}, received ${answer}`)
        }
      },
    }
  }
}
