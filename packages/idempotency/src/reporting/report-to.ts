/** Calls a listener of the application: a committed attempt must not fail because its report did. */
export function reportTo<Report>(listener: ((report: Report) => void) | undefined, report: Report) {
  try {
    listener?.(report)
  } catch (error) {
    // Its message may contain the reported data.
    process.emitWarning(`An attempt could not be reported (${Object(error).name}).`)
  }
}
