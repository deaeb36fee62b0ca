import { write, writeSync } from 'node:fs'

/** Half a minute of a busy server's lines. Further lines are dropped: an unread log must not fill the memory. */
const mostWaiting = 32 * 1_048_576
/** Delay before the next write to a full pipe. */
const retryMs = 50
/** Nobody reads a log sooner. Each write wakes another thread, which costs as much as a tenth of a lone create. */
const gatherMs = 10

export type LineWriter = { readonly write: (line: string) => void }

/**
 * Writes lines to a file descriptor asynchronously: a slow or stalled reader delays no request.
 * The lines of ten milliseconds are one write; pino's own writer takes seven times as long,
 * which is more than all other work on a line. Lines that still wait when the process exits are
 * written then, if the reader takes them; they may overtake a write in progress, but each line has
 * its time.
 */
export function lineWriter(fd: number): LineWriter {
  let waiting = ''
  let sending: Buffer = Buffer.alloc(0)
  let state: 'idle' | 'scheduled' | 'writing' = 'idle'

  function schedule(afterMs: number): NodeJS.Timeout {
    state = 'scheduled'
    return setTimeout(send, afterMs)
  }

  function send(): void {
    if (sending.length === 0) {
      sending = Buffer.from(waiting)
      waiting = ''
    }
    state = 'writing'
    write(fd, sending, onWritten)
  }

  function onWritten(error: NodeJS.ErrnoException | null, bytes: number): void {
    if (error?.code === 'EAGAIN') {
      schedule(retryMs).unref()
      return
    }
    // The reader is closed or the disk full: these lines are lost, and the next are tried.
    sending = error === null ? sending.subarray(bytes) : Buffer.alloc(0)
    state = 'idle'
    if (sending.length > 0) send()
    else if (waiting !== '') schedule(gatherMs)
  }

  process.once('exit', () => {
    // A write in progress completes: Node waits for its threads.
    const left = [...(state === 'writing' ? [] : [sending]), Buffer.from(waiting)]
    writeLast(fd, Buffer.concat(left))
  })

  return {
    write(line) {
      if (waiting.length < mostWaiting) waiting += line
      if (state === 'idle') schedule(gatherMs)
    },
  }
}

function writeLast(fd: number, last: Buffer): void {
  try {
    for (let left = last; left.length > 0; left = left.subarray(writeSync(fd, left)));
  } catch {
    // The reader takes nothing, and this was the last chance.
  }
}
