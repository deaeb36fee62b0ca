import type { Ask } from './load.ts'
import { mintKey } from './mint-key.ts'

/** Enough for the deletes of a measurement. */
const mostKept = 200_000

/** Enough that two connections never replay one key at the same time. */
const mostReplayed = 5_000

/** The answers of creates, to be replayed, or their todos to be changed. */
export type Kept = { readonly key: string; readonly body: string; readonly answer: string }[]

let asked = 0

/** A unique todo, whose title must be returned. Every server gets the same request: the key as a header and in the body. */
export function createRequest(kept: Kept = []): Ask {
  asked += 1
  const title = `Buy milk, ${asked}`
  const key = mintKey()
  const body = JSON.stringify({ idempotencyKey: key, title })
  return {
    key,
    body,
    check(answer) {
      if (!answer.includes(`"title":"${title}"`)) {
        throw new Error(`Expected "${title}", received ${answer}`)
      }
      if (kept.length < mostKept) kept.push({ key, body, answer })
    },
  }
}

/** A replay, whose answer must equal the first to the byte. */
export function createReplays(kept: Kept): () => Ask {
  let at = 0
  return () => {
    const first = kept[at % Math.min(kept.length, mostReplayed)]
    if (first === undefined) throw new Error('Expected a created todo to replay, found none.')
    at += 1
    const { key, body } = first
    return {
      key,
      body,
      check(answer) {
        if (answer !== first.answer) {
          throw new Error(`Expected the replay ${first.answer}, received ${answer}`)
        }
      },
    }
  }
}

/** A keyed change of a created todo. One request at a time changes a todo. */
export function createUpdates(kept: Kept): () => Ask {
  const todos = kept.map(({ answer }) => ({ id: idOf(answer), version: 1, isFree: true }))
  let at = 0
  function nextFree() {
    for (const end = at + todos.length; at < end; ) {
      const todo = todos[at % todos.length]
      at += 1
      if (todo?.isFree) return todo
    }
    throw new Error('Expected more todos than requests at once.')
  }
  return () => {
    const todo = nextFree()
    todo.isFree = false
    const { id, version } = todo
    const key = mintKey()
    return {
      key,
      body: JSON.stringify({ idempotencyKey: key, id, version, title: `Buy tea, ${version}` }),
      check(answer) {
        if (!answer.includes(`"version":${version + 1}`)) {
          throw new Error(`Expected version ${version + 1}, received ${answer}`)
        }
        Object.assign(todo, { version: version + 1, isFree: true })
      },
    }
  }
}

/** A keyed delete of a created todo. */
export function createDeletes(kept: Kept): () => Ask {
  const left = kept.map(({ answer }) => idOf(answer))
  return () => {
    const id = left.pop()
    if (id === undefined) throw new Error('Expected more todos than deletes.')
    const key = mintKey()
    return {
      key,
      body: JSON.stringify({ idempotencyKey: key, id }),
      check(answer) {
        if (!answer.includes(`"id":"${id}"`)) {
          throw new Error(`Expected ${id} deleted, received ${answer}`)
        }
      },
    }
  }
}

function idOf(answer: string): string {
  const id = /"id":"([^"]+)"/.exec(answer)?.[1]
  if (id === undefined) throw new Error(`Expected a todo, received ${answer}`)
  return id
}
