/** The header `Retry-After`, seconds or a date, in ms. Undefined without a valid time. */
export function retryAfter({ headers }: Response): number | undefined {
  const value = headers.get('Retry-After') ?? ''
  const ms = Number(value) * 1_000 || Date.parse(value) - Date.now()
  return ms > 0 ? ms : undefined
}
