import { useIntent } from '@idem/outbox/react'
import { trpc } from './trpc-client.ts'

export function CommentForm() {
  const intent = useIntent('comment')

  async function addComment(form: FormData) {
    const text = String(form.get('text'))
    await trpc.addComment.mutate({ text }, { context: intent.context })
  }

  return (
    <form action={addComment}>
      <input name="text" />
    </form>
  )
}
