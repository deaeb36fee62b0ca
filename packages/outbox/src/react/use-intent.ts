import { useMemo } from 'react'
import { createFormIntent, type FormIntent } from './form-intent.ts'

/**
 * One key for a form until its submission is answered, so that a double click, a second
 * try after an error and a try after a reload are one intent. Once it is answered, the
 * next submission gets another key. A key belongs to one tab.
 *
 * With `idempotencyLink`, pass its context to the call:
 * `useMutation({ trpc: { context: intent.context } })`. Otherwise use `intent.run`.
 *
 * @param name of the form; two forms that may be open at once need two names
 */
export function useIntent(name: string): FormIntent {
  return useMemo(() => createFormIntent(name), [name])
}
