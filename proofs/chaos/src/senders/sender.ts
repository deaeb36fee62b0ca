import { type LineSettings, openLine } from './line.ts'
import { liveThrough } from './live-through.ts'
import { senderCalls } from './sender-calls.ts'

export type SenderSettings = LineSettings & {
  readonly name: number
  /** Once aborted, the intent under way is settled and no other is begun. */
  readonly stop: AbortSignal
}

/** A person with an unsteady server: one intent after another, each sent again until it is answered. */
export async function runSender(settings: SenderSettings): Promise<void> {
  const { name, random, stop } = settings
  const calls = senderCalls(name, openLine(settings))
  for (let intent = 1; !stop.aborted; intent += 1) {
    await liveThrough({ title: `${name}/${intent}`, random, calls })
  }
}
