import type { Header } from './http/request.ts'
import type { ProfileName } from './profiles.ts'

/** Where the key of an intent is sent: a header, or a member of a JSON body by its pointer. */
export type KeyPlace =
  | { readonly in: 'header'; readonly name: string }
  | { readonly in: 'body'; readonly pointer: readonly string[] }

/**
 * The endpoint, and what the check may do with it. `{{run}}` in a body, a path or `count` is a name of
 * this run, and `{{unique}}` in a body another text for each intent.
 */
export type Target = {
  readonly url: URL
  /** Another server of the same service, by the address of its endpoint. */
  readonly also?: URL | undefined
  readonly method: string
  readonly headers: readonly Header[]
  readonly body?: string | undefined
  readonly keyIn: KeyPlace
  readonly profile: ProfileName
  /** Resolves with the number of effects that exist. */
  readonly count?: ((names: { readonly run: string }) => Promise<number>) | undefined
  /** A body that the endpoint refuses. */
  readonly badBody?: string | undefined
  /** Another body that it accepts. */
  readonly otherBody?: string | undefined
  readonly otherPath?: string | undefined
  readonly otherMethod?: string | undefined
  /** The headers that make the request another user's. */
  readonly otherUser?: readonly Header[] | undefined
  readonly kill?: (() => Promise<void>) | undefined
  readonly start?: (() => Promise<void>) | undefined
  readonly retentionSeconds?: number | undefined
  /** How long a repeated request may stay without an answer before the check gives up. */
  readonly patienceSeconds?: number | undefined
  /** Requests in a second; 50 may be sent at once. */
  readonly rate?: number | undefined
}
