import { createServer } from 'node:http'

/**
 * Serves creates over bare `node:http`, for the peers that are independent of a web framework. `create`
 * gets the key and the body. An error for which `isInProgress` is true is 409: the client sends again.
 */
export function serve(create, isInProgress = () => false) {
  const server = createServer((request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', async () => {
      const body = JSON.parse(Buffer.concat(chunks).toString())
      try {
        answer(
          response,
          200,
          await create({ key: request.headers['idempotency-key'], body, request }),
        )
      } catch (error) {
        if (!isInProgress(error)) console.error(error)
        answer(response, isInProgress(error) ? 409 : 500, { error: String(error) })
      }
    })
  })
  server.listen(Number(process.env.PORT), '127.0.0.1')
}

function answer(response, status, value) {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

// The benchmark that started this process has ended.
process.once('disconnect', () => process.exit())
