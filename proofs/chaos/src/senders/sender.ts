import { createRecordingClient, type RecordingClientSettings } from './recording-client.ts'
import { senderCalls } from './sender-calls.ts'
import { type Mint, runWorkload } from './workload.ts'

export type SenderSettings = RecordingClientSettings & {
  readonly name: number
  readonly mint: Mint
  /** Once aborted, the current intent is settled and no other is started. */
  readonly stop: AbortSignal
}

/** A user with an unreliable server: one intent after another, each repeated until it is answered. */
export async function runSender(settings: SenderSettings): Promise<void> {
  const { name, random, mint, stop } = settings
  const calls = senderCalls(name, createRecordingClient(settings))
  for (let intent = 1; !stop.aborted; intent += 1) {
    await runWorkload({ title: `${name}/${intent}`, random, calls, mint })
  }
}
