/** Something a person can mend: shown as its sentence, without a stack. */
export class Complaint extends Error {
  name = 'Complaint'
}

/** We were told to stop. Nothing to say about it; the exit code tells which signal it was. */
export class Stopped extends Error {
  name = 'Stopped'

  constructor(code) {
    super('Stopped by a signal.')
    this.code = code
  }
}

/** Runs a script's main function; the number it returns is the exit code. */
export async function runMain(main) {
  try {
    process.exitCode = await main()
  } catch (error) {
    process.exitCode = error instanceof Stopped ? error.code : 1
    if (error instanceof Complaint) console.error(`\n${error.message}`)
    else if (!(error instanceof Stopped)) console.error(error)
  }
}
