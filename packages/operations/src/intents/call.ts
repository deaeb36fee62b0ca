/** Whose todos and keys an operation works on. */
export type Caller = { readonly owner: string }

/** The parsed input, and the input as it arrived: the fingerprint of a key is taken from the second. */
export type Arrived<Input> = { readonly input: Input; readonly arrived: unknown }
