/** A header's name and value. A list of them, because a header may be sent twice. */
export type Header = readonly [name: string, value: string]

export type Request = {
  readonly method: string
  readonly url: URL
  readonly headers: readonly Header[]
  readonly body: string | undefined
}
