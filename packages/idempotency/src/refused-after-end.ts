/** The error of a statement that an effect sends after its end. */
export function refusedAfterEnd(): Error {
  return new Error(
    'A statement was sent through the transaction of an effect that has ended, so it was refused; await everything that an effect starts.',
  )
}
