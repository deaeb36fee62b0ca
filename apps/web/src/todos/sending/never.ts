/**
 * For an impossible case of an exhaustive switch: a release that meets one must throw and not continue
 * as if it had handled the case.
 */
export function never(value: never): never {
  throw new Error(`Expected a known case, received ${JSON.stringify(value)}.`)
}
