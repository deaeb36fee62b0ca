type Fetch = typeof globalThis.fetch

type Listeners = {
  /** The server has answered. A proxy or a portal answers HTML. */
  readonly onAnswer: () => void
  /** There is no response. */
  readonly onFailure: () => void
}

/** A `fetch` that also announces whether the server answers. */
export function announceAnswers(fetch: Fetch, { onAnswer, onFailure }: Listeners): Fetch {
  return async (input, init) => {
    const response = await fetch(input, init).catch((error) => {
      onFailure()
      throw error
    })
    if (response.headers.get('content-type')?.startsWith('application/json')) onAnswer()
    return response
  }
}
