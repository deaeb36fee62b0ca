export type Poll = {
  /** Reads now, in place of a read in progress. */
  readonly now: () => void
  readonly stop: () => void
}

/** In milliseconds. One that the server asked for ends by no event, only by itself or by a person. */
export type Wait = number | { readonly askedMs: number }

/** Waits this long when `read` fails without saying how long to wait. */
const failedMs = 10_000

/**
 * Reads now, after the wait that `read` returns, and when the page returns to the screen, gets the
 * focus or its network. Reads nothing while the page is hidden, and never twice at once.
 */
export function startPoll(read: (signal: AbortSignal) => Promise<Wait>): Poll {
  let reading: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let isAsked = false

  async function run(): Promise<void> {
    clearTimeout(timer)
    reading?.abort()
    const own = new AbortController()
    reading = own
    const wait = await waitAfter(own.signal)
    if (reading !== own) return
    reading = undefined
    isAsked = typeof wait === 'object'
    timer = setTimeout(waited, typeof wait === 'object' ? wait.askedMs : wait)
  }

  function waited(): void {
    isAsked = false
    wake()
  }

  async function waitAfter(signal: AbortSignal): Promise<Wait> {
    try {
      return await read(signal)
    } catch {
      return failedMs
    }
  }

  function wake(): void {
    if (reading === undefined && !isAsked && !document.hidden) void run()
  }

  const listening = new AbortController()
  const { signal } = listening
  document.addEventListener('visibilitychange', wake, { signal })
  for (const event of ['focus', 'online']) addEventListener(event, wake, { signal })
  void run()

  return {
    now: () => void run(),
    stop() {
      listening.abort()
      clearTimeout(timer)
      reading?.abort()
      reading = undefined
    },
  }
}
