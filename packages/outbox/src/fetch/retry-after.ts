/** The value of the header `Retry-After`, seconds or a date, in ms. Undefined without a valid time. */
export function retryAfter(value: string | null): number | undefined {
  const ms = Number(value) * 1_000 || Date.parse(`${value}`) - Date.now()
  return ms > 0 ? ms : undefined
}
