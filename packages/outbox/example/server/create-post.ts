export type State = { readonly message: string }

/** In a project with Next: an `idempotentAction` in a file with 'use server'. */
export async function createPost(_state: State, form: FormData): Promise<State> {
  return { message: `Saved: ${form.get('title')}` }
}
