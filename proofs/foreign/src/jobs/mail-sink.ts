import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

export type MailSink = AsyncDisposable & {
  readonly url: string
  /** The subjects of all copies that have arrived of each `Message-ID`. */
  readonly mails: () => ReadonlyMap<string, readonly string[]>
  /** Holds the answer to the next mail until it is released. */
  readonly holdNext: () => { readonly arrived: Promise<void>; readonly release: () => void }
}

/** A mail server that accepts everything and delivers nothing. */
export async function mailSink(): Promise<MailSink> {
  const mails = new Map<string, string[]>()
  const holds: { arrived: () => void; released: Promise<void> }[] = []

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, _session, answer) {
      text(stream)
        .then(async (mail) => {
          const id = headerOf(mail, 'Message-ID')
          mails.set(id, [...(mails.get(id) ?? []), headerOf(mail, 'Subject')])
          const hold = holds.shift()
          hold?.arrived()
          await hold?.released
          answer()
        })
        .catch(answer)
    },
  })
  // A worker that is killed leaves its connection in the middle of a command.
  server.on('error', () => undefined)
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const { port } = listening.address() as AddressInfo

  return {
    url: `smtp://127.0.0.1:${port}`,
    mails: () => mails,
    holdNext() {
      const arrived = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      holds.push({ arrived: arrived.resolve, released: released.promise })
      return { arrived: arrived.promise, release: released.resolve }
    },
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)),
  }
}

function headerOf(mail: string, name: string): string {
  return new RegExp(`^${name}:\\s*(.+?)\\r$`, 'im').exec(mail)?.[1] ?? 'none'
}
