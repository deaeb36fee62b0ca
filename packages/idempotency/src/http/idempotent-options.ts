/** The options of an integration over HTTP; `Request` is what the framework gives a middleware. */
export type IdempotentOptions<Request> = {
  /** The owner of the key: two owners may use the same key independently. Never a value that the client can choose. */
  readonly owner: (request: Request) => string
  /** How a request without a key is treated: `refuse` by default. With `allow` each such request is an intent of its own, so a repeated one has a second effect; after a failure its client is told to ask a person. */
  readonly missingKey?: 'refuse' | 'allow' | undefined
  /** The name of the operation, compared together with the input; method and route pattern by default, such as `POST /posts/:id`. */
  readonly operation?: string | undefined
  /** Names of response headers that are stored and replayed, in addition to those that describe the body or lead to the resource. Never `Set-Cookie`. */
  readonly headers?: readonly string[] | undefined
  /** Which responses are answers: committed, stored and replayed. Any other one rolls back. Statuses below 400 by default. */
  readonly storeStatus?: ((status: number) => boolean) | undefined
  /** How long the handler may take, in milliseconds; then it is rolled back. 30,000 by default: another request with its key waits so long. */
  readonly timeoutMs?: number | undefined
  /** The URL of the page that documents the keys of this API; `type` of each refusal. */
  readonly documentation?: string | undefined
}
