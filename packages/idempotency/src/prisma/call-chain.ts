const prefix = 'idem effect '

/** A name for `runAs`, which no other copy of this module gives. */
export function newName(): string {
  return prefix + crypto.randomUUID()
}

/** Runs `work` as a function with this name, which the stack of its calls shows. */
export function runAs<T>(name: string, work: () => Promise<T>): Promise<T> {
  // `await` keeps the function on the stack of what follows.
  return Object.defineProperty(async () => await work(), 'name', { value: name })()
}

/**
 * The name of the function of `runAs` that called, or that awaits the caller: the stack of an
 * error has the async functions that wait for this one. Undefined if nothing like that waits.
 */
export function nameOfCaller(): string | null | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error
  Error.stackTraceLimit = Number.POSITIVE_INFINITY
  Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFunctionName())
  // The line above returns no text.
  const names = new Error().stack as unknown as (string | null)[]
  Object.assign(Error, { prepareStackTrace, stackTraceLimit })
  return names.find((name) => name?.startsWith(prefix))
}
