import { createOutbox } from '@idem/outbox'
import { useAnswers, useOutbox } from '@idem/outbox/react'
import { mutationOptions } from '@idem/outbox/tanstack-query'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { trpc } from './trpc-client.ts'

type Comment = { readonly text: string }
type Saved = { readonly id: string }

const outbox = createOutbox<Comment, Saved>({
  name: 'comments',
  send: ({ key, intent }, signal) =>
    trpc.addComment.mutate(intent, { signal, context: { idempotencyKey: key } }),
})

export function Comments() {
  const queryClient = useQueryClient()
  const { mutate, error } = useMutation(mutationOptions(outbox))
  const { entries } = useOutbox(outbox)

  // Also sends the intents that an earlier page left.
  useEffect(() => outbox.start(), [])
  // Answers for an earlier page change the list, too.
  useAnswers(outbox, () => queryClient.invalidateQueries({ queryKey: ['comments'] }))

  return (
    <form action={(form) => mutate({ text: String(form.get('text')) })}>
      <input name="text" />
      {error && <p>The comment was not saved.</p>}
      {entries.map(({ id, intent }) => (
        <p key={id}>{intent.text} (not sent yet)</p>
      ))}
    </form>
  )
}
