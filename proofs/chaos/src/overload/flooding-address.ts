import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FloodKind } from './flood-requests.ts'

export type FloodPlan = {
  readonly url: string
  readonly kind: FloodKind
  readonly connections: number
}

/** The number of answers by status. */
export type Statuses = Record<number, number>

const file = fileURLToPath(new URL('./flood-process.ts', import.meta.url))

/** Connections of one address that repeat a request as fast as they can. Resolves when each got an answer. */
export async function floodFromOneAddress(plan: FloodPlan) {
  const child = fork(file, [JSON.stringify(plan)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The flood ended with ${code} and reported nothing.`)
  })
  const message = () => Promise.race([once(child, 'message'), ended])
  await message()
  return {
    async stop(): Promise<Statuses> {
      child.send('stop')
      const [statuses] = await message()
      // It is our own process, which sends nothing else.
      return statuses as Statuses
    },
    [Symbol.dispose]: () => void child.kill(),
  }
}
