/** Far more than any library wraps; a cause may lead back to its error. */
const mostCauses = 10

/** An error and the errors that it was wrapped around, from the outside in. */
export function* causesOf(error: unknown): Generator<Error, void> {
  let each = error
  for (let causes = 0; causes <= mostCauses && each instanceof Error; causes += 1) {
    yield each
    each = each.cause
  }
}
