import { mintKey } from '../mint-key.ts'
import { pageClock } from '../repeat/page-clock.ts'
import { refusalOf } from '../repeat/refusal-of.ts'
import { unknownKeys } from '../repeat/repeat.ts'

/** The intent of a form: one key from its first submission until that is answered. */
export type FormIntent = {
  /**
   * The key of the next submission. It is minted when it is first read, so read it when
   * the form is submitted, not when it is rendered.
   */
  readonly key: string
  /** The context of a tRPC call, with `idempotencyLink`. */
  readonly context: {
    /** The key above, read when the call is made. */
    readonly idempotencyKey: string
    onSettled(key: string, error?: unknown): void
  }
  /**
   * Call it when a submission is over. Without an error, or with one that settles the
   * key, the next submission gets another key.
   */
  settled(key: string, error?: unknown): void
  /** Sends under the key, and calls `settled`. Resolves and rejects like `send`. */
  run<Answer>(send: (key: string) => Promise<Answer>): Promise<Answer>
}

/** The key is in the session storage: it survives a reload, and another tab has its own. */
export function createFormIntent(name: string): FormIntent {
  const item = `idem-intent-${name}`
  let memory: string | undefined
  const before = read()
  // An earlier page may have submitted it.
  if (before !== undefined) unknownKeys.add(before)

  function read(): string | undefined {
    return inStorage((storage) => storage.getItem(item)) ?? memory
  }

  function mint(): string {
    const key = mintKey(pageClock.now())
    const isStored = inStorage((storage) => {
      storage.setItem(item, key)
      return storage.getItem(item) === key
    })
    // Only without storage: another form of this name could not end it here.
    if (!isStored) memory = key
    return key
  }

  const intent: FormIntent = {
    get key() {
      return read() ?? mint()
    },
    context: {
      get idempotencyKey() {
        return intent.key
      },
      onSettled: (key, error) => intent.settled(key, error),
    },
    settled(key, error) {
      // After a double click the second answer may arrive when the next submission is on its way.
      if (read() !== key) return
      if (error !== undefined && !isDecided(error, key)) {
        unknownKeys.add(key)
        return
      }
      memory = undefined
      inStorage((storage) => storage.removeItem(item))
    },
    async run(send) {
      const { key } = intent
      try {
        const answer = await send(key)
        intent.settled(key)
        return answer
      } catch (error) {
        intent.settled(key, error ?? 'no answer')
        throw error
      }
    },
  }
  return intent
}

/** Whether the outcome of the key is known after an error. */
function isDecided(error: unknown, key: string): boolean {
  const isUnknown = unknownKeys.has(key)
  const { retry, serverTime } = refusalOf(error, { isUnknown }) ?? {}
  pageClock.learn(serverTime)
  return retry === 'never' || retry === 'new_key'
}

/** Undefined on the server, which has no session of its own, and where the page may not store anything. */
function inStorage<T>(use: (storage: Storage) => T): T | undefined {
  try {
    return globalThis.window && use(globalThis.window.sessionStorage)
  } catch {
    return undefined
  }
}
