/** Prints one line for each completed startup step with its duration, in the launcher's format. */
export function createStartupLog() {
  let begunAt = performance.now()

  return {
    done(name: string, outcome: string): void {
      const now = performance.now()
      const seconds = ((now - begunAt) / 1000).toFixed(2)
      process.stdout.write(`${name.padEnd(10)} ${outcome.padEnd(32)} ${seconds.padStart(7)} s\n`)
      begunAt = now
    },
  }
}
