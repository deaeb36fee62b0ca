/**
 * For a case that cannot be, in a switch over all there are: a release that met
 * one all the same must stop there, and not go on as if it had been dealt with.
 */
export function never(value: never): never {
  throw new Error(`This page does not know ${JSON.stringify(value)}.`)
}
