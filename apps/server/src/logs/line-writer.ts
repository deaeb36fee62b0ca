import { write, writeSync } from 'node:fs'

/** Half a minute of a busy server's lines. Beyond that they are dropped: a log that nobody takes must not fill the memory. */
const mostWaiting = 32 * 1_048_576
/** A reader that has no room now is asked again. */
const retryMs = 50

export type LineWriter = { readonly write: (line: string) => void }

/**
 * Writes lines to a file descriptor beside the work: whoever reads them slowly,
 * or stopped reading, holds up no request. The lines of one turn of the event
 * loop are one write; pino's own writer takes seven times as long, which is more
 * than all the rest of a line. What still waits when the process ends is
 * written then, unless nobody takes it; it may overtake what is being written at
 * that moment, but each line has its time.
 */
export function lineWriter(fd: number): LineWriter {
  let waiting = ''
  let sending: Buffer = Buffer.alloc(0)
  let state: 'idle' | 'scheduled' | 'writing' = 'idle'

  function send(): void {
    if (sending.length === 0) {
      sending = Buffer.from(waiting)
      waiting = ''
    }
    state = sending.length === 0 ? 'idle' : 'writing'
    if (state === 'writing') write(fd, sending, onWritten)
  }

  function onWritten(error: NodeJS.ErrnoException | null, bytes: number): void {
    if (error?.code === 'EAGAIN') {
      state = 'scheduled'
      setTimeout(send, retryMs).unref()
      return
    }
    // The reader is gone or the disk full: these lines are lost, and the next are tried.
    sending = error === null ? sending.subarray(bytes) : Buffer.alloc(0)
    send()
  }

  process.once('exit', () => {
    // What is being written is written to its end: Node waits for its threads.
    const left = [...(state === 'writing' ? [] : [sending]), Buffer.from(waiting)]
    writeLast(fd, Buffer.concat(left))
  })

  return {
    write(line) {
      if (waiting.length < mostWaiting) waiting += line
      if (state !== 'idle') return
      state = 'scheduled'
      setImmediate(send)
    },
  }
}

function writeLast(fd: number, last: Buffer): void {
  try {
    for (let left = last; left.length > 0; left = left.subarray(writeSync(fd, left)));
  } catch {
    // Nobody takes it, and there is no later.
  }
}
