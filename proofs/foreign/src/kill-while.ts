import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { ForeignServer } from './server-process.ts'

const kills = 3

/** Kills the server three times while the calls are made, after each ten effects. Resolves with their answers. */
export async function killWhile<Answer>(
  sent: Promise<Answer>,
  { server, effects }: { readonly server: ForeignServer; readonly effects: () => Promise<number> },
): Promise<Answer> {
  let isOver = false
  const over = sent.finally(() => {
    isOver = true
  })
  // Thrown below, after the server was started again.
  over.catch(() => undefined)
  let killed = 0
  for (; killed < kills && !isOver; killed += 1) {
    const before = await effects()
    while (!isOver && (await effects()) < before + 10) await pause(5)
    await server.killAndRestart()
  }
  const answer = await over
  expect(killed).toBe(kills)
  return answer
}
