'use client'

import { useIdempotentAction } from '@idem/outbox/next'
import { createPost } from './server/create-post.ts'

export function PostForm() {
  const [state, submit, isPending, field] = useIdempotentAction('post', createPost, {
    message: '',
  })

  return (
    <form action={submit}>
      <input {...field} />
      <input name="title" />
      <button type="submit" disabled={isPending}>
        Save
      </button>
      <p>{state.message}</p>
    </form>
  )
}
