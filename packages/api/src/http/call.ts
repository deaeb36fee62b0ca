import type { IncomingMessage } from 'node:http'
import { IdempotencyError } from '@idem/idempotency'
import type { Caller } from '@idem/operations/call'
import type { Operations } from '@idem/operations/create-operations'

/** The caller of a request, and the operations it may call. */
export type Context = {
  readonly caller: Caller
  readonly operations: Operations
}

/** Finds the caller of a request, before its body is read; throws a refusal where there is none. */
export type ContextOf = (request: IncomingMessage) => Context | Promise<Context>

/** Longer than every time-out below it, shorter than the client's own 12 s, so the caller gets an answer. */
const mostCallMs = 10_000

/** The caller waits as long as the request does. */
export function withSignal({ caller, operations }: Context, request: IncomingMessage): Context {
  const signal = new RequestSignal(request)
  return { caller: { owner: caller.owner, from: originOf(caller, request), signal }, operations }
}

/** Calls of one origin share room and turns. Without a sign-in only the address of the client is known. */
export function originOf({ from }: Caller, { socket }: IncomingMessage): string | undefined {
  return from ?? socket.remoteAddress
}

/**
 * Aborted when no caller waits for the answer of a request any more: its connection is closed, or its
 * deadline has passed. It is read a few times and has no listeners, so nothing has to be removed from the
 * socket afterwards. It reads the socket, because a pipelined response learns of its end only in its turn.
 */
export class RequestSignal {
  readonly #socket: IncomingMessage['socket']
  readonly #deadline = performance.now() + mostCallMs

  constructor({ socket }: IncomingMessage) {
    this.#socket = socket
  }

  get aborted(): boolean {
    return this.#socket.destroyed || performance.now() > this.#deadline
  }
}

const late = Symbol('late')

/**
 * Resolves like the call, or rejects after the deadline; the call continues and its result is ignored. The
 * timer only resolves a promise: an error thrown inside a timer ends the process, and the call may throw.
 *
 * @throws IdempotencyError `unavailable` after the deadline
 */
export async function withDeadline<T>(
  { keyless }: { readonly keyless: boolean },
  call: () => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  try {
    // Not Promise.race, which takes half as long again.
    const ended = await new Promise<T | typeof late>((resolve, reject) => {
      timer = setTimeout(resolve, mostCallMs, late)
      call().then(resolve, reject)
    })
    if (ended === late) throw new IdempotencyError('unavailable', { keyless })
    return ended
  } finally {
    clearTimeout(timer)
  }
}
