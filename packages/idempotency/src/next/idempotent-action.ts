import { hash } from 'node:crypto'
import { inspect } from 'node:util'
import type { Idempotency } from '../create-idempotency.ts'
import { isRefusal } from '../idempotency-error.ts'
import { keyedForm } from './keyed-form.ts'
import { redirectError, redirectOf } from './redirect.ts'
import { type Refused, refused, withDigest } from './refused.ts'

export type IdempotentActionOptions = {
  /** Names what the action does; two actions must not share a name. */
  readonly operation: string
  /**
   * The owner of the key, from the session: two owners may use the same key independently. Never
   * a value that the client can choose. It is called for each attempt before the key is
   * claimed, so check here whether the caller may do this; a `redirect` to the sign-in works.
   */
  readonly owner: () => string | Promise<string>
  /**
   * Called with each answer after its commit, also with a replayed one, whose effect does not
   * run: the place for `revalidatePath` and for cookies. It may redirect; any other error is a
   * warning of the process, because the answer stands.
   */
  readonly onAnswer?: (() => void | Promise<void>) | undefined
}

/**
 * A server action for forms: of all submissions with one key, one has its effect, in a
 * transaction with the key and the answer, and every submission gets the same answer.
 *
 * ```ts
 * 'use server'
 * export const createPost = idempotentAction(
 *   idempotency,
 *   {
 *     operation: 'createPost',
 *     owner: async () => (await session()).userId,
 *     onAnswer: () => revalidatePath('/posts'),
 *   },
 *   async (tx, owner, state: State, form: FormData): Promise<State> => {
 *     await tx.query('insert into posts values ($1, $2)', [owner, form.get('title')])
 *     return { message: 'Saved.' }
 *   },
 * )
 * ```
 *
 * The key is the field `idempotencyKey`. All other fields and the bound arguments are the input:
 * the same key with another input is refused. The previous state is no part of it.
 *
 * What the effect returns is the answer, also a state with an error message. A `redirect()` in
 * the effect is an answer, too: it is committed and replayed. Every other error, such as
 * `notFound()`, rolls everything back, and the same key may be sent again.
 *
 * With `useActionState` a refusal is the next state, `{ message, refusal }`; the type of the
 * state must have room for it. Without it the action throws an `IdempotencyError`, whose `digest`
 * reaches `error.tsx`: `IDEM_REFUSAL;code;retry`.
 *
 * @param effect gets the transaction, the owner and the arguments of the action: the form, before
 *   it the state of `useActionState`, before that the arguments of `bind`
 */
export function idempotentAction<
  Tx,
  Args extends readonly [...unknown[], FormData],
  Answer extends AnswerTo<Args, unknown>,
>(
  idempotency: Idempotency<Tx>,
  { operation, owner: ownerOf, onAnswer }: IdempotentActionOptions,
  effect: (tx: Tx, owner: string, ...args: Args) => Promise<Answer>,
): (...args: Args) => Promise<AnswerTo<Args, Answer, Refused>> {
  async function action(...args: Args): Promise<unknown> {
    const form = args.at(-1)
    if (!(form instanceof FormData)) throw new TypeError(formless(operation))
    const owner = await ownerOf()
    const { key, fields } = await keyedForm(form)
    // The state is no part of the input: the second click has the one that the first returned.
    const isStateful = args.length > 1 && isState(args.at(-2))
    const intent = { owner, key, operation, input: [args.slice(0, isStateful ? -2 : -1), fields] }
    const bound = isStateful ? boundIn(args.at(-2)) : undefined
    let answer: Stored | undefined
    try {
      const run = (tx: Tx) => stored(() => effect(tx, owner, ...args), bound)
      answer = (await idempotency.run(intent, run)).value
      // Refused, because its input is another one.
      if (bound && answer.bound && bound !== answer.bound)
        await idempotency.run({ ...intent, input: bound }, run)
    } catch (error) {
      if (!isRefusal(error)) throw error
      // A plain form has no state that could show it.
      if (!isStateful || answer) throw withDigest(error)
      return refused(error, key)
    }
    await afterwards(operation, onAnswer)
    if (answer.redirect !== undefined) throw redirectError(answer.redirect)
    return answer.state
  }
  // Stored by an effect that returned an `Answer`.
  return action as (...args: Args) => Promise<AnswerTo<Args, Answer, Refused>>
}

/**
 * The next state of `useActionState`, which may be a refusal; for a plain form the value that the effect returns,
 * which the form does not show.
 */
type AnswerTo<Args, Answer, Other = never> = Args extends readonly [
  ...unknown[],
  infer State,
  FormData,
]
  ? IsBound<State> extends true
    ? // biome-ignore lint/suspicious/noConfusingVoidType: What an effect without an answer returns.
      Answer & void
    : [Other] extends [State]
      ? State
      : State | Other
  : Answer

/** Nothing else distinguishes an argument of `bind` from a state. Not for `any`. */
type IsBound<State> = unknown extends State ? false : [State] extends [Primitive] ? true : false
type Primitive = string | number | bigint | boolean

function isState(value: unknown): boolean {
  return value === undefined || typeof value === 'object'
}

/**
 * The answer as it is stored. `bound`: without a state the object before the form may be an argument
 * of `bind` for a plain form, so it must be the same one in each submission.
 */
type Stored = {
  readonly state?: unknown
  readonly redirect?: string
  readonly bound?: string | undefined
}

async function stored(effect: () => Promise<unknown>, bound: string | undefined): Promise<Stored> {
  try {
    const state = await effect()
    return { state, ...(state === undefined && { bound }) }
  } catch (error) {
    const redirect = redirectOf(error)
    if (redirect === undefined) throw error
    return { redirect, bound }
  }
}

/** Undefined for what can only be a state: none, an empty one, and a refusal. */
function boundIn(value: unknown): string | undefined {
  const members = Object.keys(Object(value))
  if (members.length === 0 || members.includes('refusal')) return undefined
  return hash(
    'sha256',
    inspect(value, { depth: null, sorted: true, maxArrayLength: null, maxStringLength: null }),
  )
}

/** The answer is committed, so a failure here must not look like one of the action. A redirect is none. */
async function afterwards(
  operation: string,
  onAnswer: IdempotentActionOptions['onAnswer'],
): Promise<void> {
  try {
    await onAnswer?.()
  } catch (error) {
    if (redirectOf(error) !== undefined) throw error
    process.emitWarning(`onAnswer of ${operation} failed: ${error}`)
  }
}

function formless(operation: string): string {
  return `The last argument of ${operation} must be a FormData; pass the action to a form or to useActionState.`
}
