/** The error of a statement that an effect sends after its end. */
export function refusedAfterEnd(): Error {
  return new Error(
    'A statement was refused because its effect has ended; await everything that an effect starts.',
  )
}
