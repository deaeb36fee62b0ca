/** The object whose method is called, or why none may be called. */
type Target = object | Error

type Interception = {
  /** Called for each call, because a model or a method is often kept in a variable. */
  readonly target: () => Target
  readonly answered?: (answer: unknown) => unknown
  /** Members that replace those with the same names. */
  readonly own: Readonly<Record<string | symbol, unknown>>
}

/** A client or a transaction of Prisma whose methods, also those of its models, are called on the target. */
export function intercepted<Whole extends object>(
  whole: Whole,
  { target, answered = (answer) => answer, own }: Interception,
): Whole {
  function membersOf(owner: object, inTarget: (whole: object) => object): object {
    return new Proxy(owner, {
      get(_, name, receiver) {
        if (owner === whole && name in own) return own[name]
        const member: unknown = Reflect.get(owner, name)
        // Public methods use those with an underscore, and were intercepted before.
        if (typeof name === 'symbol' || name.startsWith('_')) return member
        if (typeof member === 'function') {
          return (...input: unknown[]): unknown => {
            const found = target()
            if (found instanceof Error) return refusedCall(found)
            const called = found === whole ? receiver : inTarget(found)
            // A transaction has no `$connect`.
            const method = found === whole ? member : (Reflect.get(called, name) ?? member)
            return answered(Reflect.apply(method, called, input))
          }
        }
        const isModel = owner === whole && typeof member === 'object' && member !== null
        if (!isModel || name.startsWith('$')) return member
        return membersOf(member, (found) => Reflect.get(found, name))
      },
    })
  }

  // A proxy has the type of what it stands for.
  return membersOf(whole, (found) => found) as Whole
}

/**
 * Rejects like a call: an error thrown in a timer would end the process. So would a
 * rejection without a handler, as of a refused list of calls that is never awaited.
 */
export function refusedCall(error: Error): Promise<never> {
  const call = Promise.reject(error)
  call.catch(() => {})
  return call
}
