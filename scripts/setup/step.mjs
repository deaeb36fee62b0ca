import { performance } from 'node:perf_hooks'
import { Stopped } from '../processes/user-error.mjs'

/**
 * Runs one step and prints one line with its name, its result and its duration.
 * `work` returns the result to print, "up to date" for example.
 */
export async function step(name, work) {
  const start = performance.now()
  try {
    print(name, await work(), start)
  } catch (error) {
    print(name, error instanceof Stopped ? 'stopped' : 'failed', start)
    throw error
  }
}

function print(name, outcome, start) {
  const seconds = ((performance.now() - start) / 1000).toFixed(2)
  console.log(`${name.padEnd(10)} ${outcome.padEnd(32)} ${seconds.padStart(7)} s`)
}
