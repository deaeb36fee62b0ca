import { useActionState, useMemo } from 'react'
import { createFormIntent } from '../react/form-intent.ts'
import { type KeyField, keyField } from './key-field.ts'
import { untilAnswered } from './until-answered.ts'

/**
 * `useActionState` for a form whose action is an `idempotentAction` of
 * `@idem/idempotency/next`: a double click, a lost answer and a try after a reload are one
 * intent. Like `useIntent` it keeps one key for the form until a submission is answered.
 *
 * ```tsx
 * const [state, submit, isPending, field] = useIdempotentAction('post', createPost, {})
 * return <form action={submit}><input {...field} />…</form>
 * ```
 *
 * A submission without an answer is repeated under its key, and so is one that finds another
 * attempt in progress or the database unavailable. It is pending until it is answered.
 *
 * Without JavaScript the browser posts the key that the server has rendered, so the page must
 * be rendered for each request.
 *
 * @param name of the form; two forms that may be open at once need two names
 * @param permalink see `useActionState`
 */
export function useIdempotentAction<State>(
  name: string,
  action: (state: Awaited<State>, form: FormData) => Promise<State>,
  initialState: Awaited<State>,
  permalink?: string,
): [
  state: Awaited<State>,
  submit: (form: FormData) => void,
  isPending: boolean,
  /** The properties of the hidden input with the key. */
  field: KeyField,
] {
  const intent = useMemo(() => createFormIntent(name), [name])
  const field = useMemo(() => keyField(intent), [intent])
  const answered = untilAnswered(action, intent)
  const [state, submit, isPending] = useActionState(answered, initialState, permalink)
  return [state, submit, isPending, field(state)]
}
