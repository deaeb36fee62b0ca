/** The server's response to a bug: the request does not reach the operation. */
export const serverError = errorOf(500, { code: 'unexpected', retry: 'same_key' })

/** The server has forgotten all keys of that time. */
export const keyExpired = errorOf(412, { code: 'key_expired', retry: 'new_key' })

export const forbidden = errorOf(403, { code: 'forbidden', retry: 'ask_person' })

/** A response of tRPC; the page reads only the refusal. */
function errorOf(status: number, refusal: { readonly code: string; readonly retry: string }) {
  const data = { code: 'ERROR', httpStatus: status, refusal }
  return {
    status,
    body: JSON.stringify({ error: { message: 'Refused by the test.', code: -32_603, data } }),
  }
}
