/** The server's response to a bug: the request does not reach the operation. */
export const serverError = {
  status: 500,
  body: JSON.stringify({
    error: {
      message: 'Something went wrong here.',
      code: -32_603,
      data: {
        code: 'INTERNAL_SERVER_ERROR',
        httpStatus: 500,
        refusal: { code: 'unexpected', retry: 'same_key', correlationId: 'c' },
      },
    },
  }),
}
