import { afterEach } from 'vitest'

/** Prints after each test of the file how long it took. */
export function printTimes(): void {
  afterEach(({ task }) => {
    const seconds = (Date.now() - (task.result?.startTime ?? Date.now())) / 1_000
    process.stdout.write(`${seconds.toFixed(1).padStart(6)} s  ${task.name}\n`)
  })
}
