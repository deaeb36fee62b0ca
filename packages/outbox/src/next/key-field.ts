import { mintKey } from '../mint-key.ts'
import type { FormIntent } from '../react/form-intent.ts'
import { receivedRefusal } from '../repeat/refusal-of.ts'

/** The name that the action reads. */
export const fieldName = 'idempotencyKey'

/** The properties of a hidden input. */
export type KeyField = {
  readonly type: 'hidden'
  readonly name: string
  readonly defaultValue: string
  readonly suppressHydrationWarning: true
  ref(input: HTMLInputElement | null): (() => void) | undefined
}

/**
 * The hidden field of a form. The rendered value is for a page without JavaScript. With
 * JavaScript the form gets the key of its intent when it is submitted: not at the call of the
 * action, because React calls it for a second click after the first one was answered.
 */
export function keyField(intent: FormIntent): (state?: unknown) => KeyField {
  let rendered: string | undefined

  function ref(input: HTMLInputElement | null) {
    const form = input?.form
    if (!form) return undefined
    const setKey = ({ formData }: FormDataEvent) => formData.set(fieldName, intent.key)
    form.addEventListener('formdata', setKey)
    return () => form.removeEventListener('formdata', setKey)
  }

  return (state) => {
    rendered ??= mintKey()
    return {
      type: 'hidden',
      name: fieldName,
      defaultValue: keyToRepeat(state) ?? rendered,
      // Server and browser mint a key each.
      suppressHydrationWarning: true,
      ref,
    }
  }
}

/** The key of a refused submission that must be sent again. */
function keyToRepeat(state: unknown): string | undefined {
  const refusal = receivedRefusal(state)
  return refusal?.retry === 'same_key' ? refusal.key : undefined
}
