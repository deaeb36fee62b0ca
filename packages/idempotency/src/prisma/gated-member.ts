import type { Gate } from './gate.ts'

/** The member of a transaction of Prisma: a method, or a model, whose calls go through the gate. */
export function gatedMember(tx: object, name: string | symbol, gate: Gate): unknown {
  // Public methods use those with an underscore, and have passed the gate before.
  if (typeof name === 'string' && name.startsWith('_')) return Reflect.get(tx, name)
  const member = gatedMethod(tx, name, gate)
  if (!isModel(name, member)) return member
  return new Proxy(member, { get: (model, method) => gatedMethod(model, method, gate) })
}

export function isModel(name: string | symbol, member: unknown): member is object {
  return (
    typeof name === 'string' &&
    /^[a-z]/i.test(name) &&
    typeof member === 'object' &&
    member !== null
  )
}

/** Returns any other member unchanged. A refused call rejects like any call: an error thrown in a timer would end the process. */
function gatedMethod(owner: object, name: string | symbol, gate: Gate): unknown {
  const method: unknown = Reflect.get(owner, name)
  if (typeof method !== 'function') return method
  return function (this: unknown, ...input: unknown[]): unknown {
    const error = gate.refusal()
    if (error !== undefined) return Promise.reject(error)
    const result: unknown = Reflect.apply(method, this, input)
    return isCall(result) ? gatedCall(result, gate) : result
  }
}

/** Prisma sends a call when it is awaited, which may be long after it was created. */
function gatedCall(call: PromiseLike<unknown>, gate: Gate): PromiseLike<unknown> {
  return new Proxy(call, {
    get(_, name) {
      if (!settling.has(name)) return Reflect.get(call, name)
      return (...handlers: unknown[]) => {
        const error = gate.refusal()
        const answer = error === undefined ? gate.sent(call) : Promise.reject(error)
        return Reflect.apply(Reflect.get(answer, name), answer, handlers)
      }
    },
  })
}

const settling: ReadonlySet<string | symbol> = new Set(['then', 'catch', 'finally'])

function isCall(result: unknown): result is PromiseLike<unknown> {
  return Object(result)[Symbol.toStringTag] === 'PrismaPromise'
}
