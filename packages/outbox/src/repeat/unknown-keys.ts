/**
 * Keys of calls that had an attempt without an answer, and no answer since. Shared by all
 * entry points of a page, so that a form keeps the key of a call that may have taken effect.
 */
export const unknownKeys = new Set<string>()
