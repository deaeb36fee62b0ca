type Fetch = typeof globalThis.fetch

/** The same `fetch`, which tells of each response of the server. A proxy or a portal answers HTML. */
export function tellAnswers(fetch: Fetch, onAnswer: () => void): Fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    if (response.headers.get('content-type')?.startsWith('application/json')) onAnswer()
    return response
  }
}
