import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ClientsReport } from '../load/run-clients.ts'

export type FloodPlan = {
  readonly url: string
  readonly kind: 'read' | 'write' | 'batch' | 'sign-in'
  readonly connections: number
  /** The API key of the account that floods. */
  readonly apiKey?: string
}

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
    async stop(): Promise<ClientsReport['statuses']> {
      child.send('stop')
      const [statuses] = await message()
      // It is our own process, which sends nothing else.
      return statuses as ClientsReport['statuses']
    },
    [Symbol.dispose]: () => void child.kill(),
  }
}
