/** An error that the user can fix: the script prints its message, without a stack. */
export class UserError extends Error {
  name = 'UserError'
}

/** A signal stopped the script. Nothing is printed; the exit code names the signal. */
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
    if (error instanceof UserError) console.error(`\n${error.message}`)
    else if (!(error instanceof Stopped)) console.error(error)
  }
}
