/** Says each step of the start in one line, with its time, in the form the launcher uses for its own. */
export function createStartupLog() {
  let begun = performance.now()

  return {
    done(name: string, outcome: string): void {
      const now = performance.now()
      const seconds = ((now - begun) / 1000).toFixed(2)
      process.stdout.write(`${name.padEnd(10)} ${outcome.padEnd(32)} ${seconds.padStart(7)} s\n`)
      begun = now
    },
  }
}
