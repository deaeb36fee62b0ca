/** Far more than any library wraps. The limit ends a cycle of causes. */
const mostCauses = 10

/** An error and its causes, from the outside in. */
export function* causesOf(error: unknown): Generator<Error, void> {
  let each = error
  for (let causes = 0; causes <= mostCauses && each instanceof Error; causes += 1) {
    yield each
    each = each.cause
  }
}
