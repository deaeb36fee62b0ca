import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { TRPCError } from '@trpc/server'
import { resolveResponse } from '@trpc/server/http'
import type { Context } from './procedures.ts'
import { readJsonText } from './read-json.ts'
import { todoRouter } from './todo-router.ts'
import { mostCalls } from './trpc-calls.ts'

export type TrpcStream = {
  readonly request: IncomingMessage
  /** What follows the mount point, and what was asked behind it, as they arrived. */
  readonly path: string
  readonly query: URLSearchParams
  readonly contextOf: (request: IncomingMessage) => Context
  readonly onError: (error: TRPCError, input: unknown) => void
}

/**
 * Whether the client wants each answer of a batch as soon as it is there (`httpBatchStreamLink`).
 * Of anything else there is no stream to be had, and a `Request` cannot even be made of a TRACE.
 */
export function wantsStream({ headers, method }: IncomingMessage, query: URLSearchParams): boolean {
  return (
    headers['trpc-accept'] === 'application/jsonl' &&
    query.get('batch') === '1' &&
    (method === 'GET' || method === 'POST')
  )
}

/**
 * Streams are left to tRPC's own adapter: nobody who waits for a stream counts
 * the microseconds. Limit, type and caller are judged here as for every request.
 */
export async function openStream(
  stream: TrpcStream,
): Promise<(response: ServerResponse) => Promise<void>> {
  const { request, path, query, contextOf, onError } = stream
  const body = request.method === 'POST' ? await readJsonText(request) : null
  const context = contextOf(request)
  const answer = await resolveResponse({
    router: todoRouter,
    path,
    req: new Request(`http://localhost/${path}?${query}`, {
      method: request.method ?? 'GET',
      headers: { 'content-type': 'application/json', 'trpc-accept': 'application/jsonl' },
      body,
    }),
    createContext: async () => context,
    error: null,
    maxBatchSize: mostCalls,
    onError: ({ error, input }) => onError(error, input),
  })
  return async (response) => {
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    // A client that leaves ends the stream, and that is no error.
    if (answer.body !== null)
      await pipeline(Readable.fromWeb(answer.body as ReadableStream), response).catch(
        () => undefined,
      )
  }
}
