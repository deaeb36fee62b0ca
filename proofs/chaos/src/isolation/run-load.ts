import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LoadPlan, LoadReport } from './load-plan.ts'

const file = fileURLToPath(new URL('./load-process.ts', import.meta.url))

/** Runs a plan in a separate process. */
export async function runLoad(plan: LoadPlan): Promise<LoadReport> {
  const child = fork(file, [JSON.stringify(plan)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The load process ended with ${code} and reported nothing.`)
  })
  const [report] = await Promise.race([once(child, 'message'), ended])
  // It is our own process, which sends nothing else.
  return report as LoadReport
}
