/** The owner of the todos and keys that an operation uses. */
export type Caller = { readonly owner: string }

/** The parsed input, and the input as received, from which the fingerprint is computed. */
export type Arrived<Input> = { readonly input: Input; readonly arrived: unknown }
