import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { TRPCError } from '@trpc/server'
import { resolveResponse } from '@trpc/server/http'
import { readJsonText } from '../http/read-body.ts'
import { mostCalls } from '../http/request-class.ts'
import type { TrpcContext } from './procedures.ts'
import type { TodoRouter } from './todo-router.ts'

export type TrpcStream = {
  readonly router: TodoRouter
  readonly request: IncomingMessage
  /** The path after the mount point, and the query, as received. */
  readonly path: string
  readonly query: URLSearchParams
  readonly contextOf: () => TrpcContext
  readonly onError: (error: TRPCError, input: unknown) => void
}

/**
 * Streams use tRPC's own adapter, whose microseconds do not matter there. Size and type are
 * checked here as for every request.
 */
export async function openStream(
  stream: TrpcStream,
): Promise<(response: ServerResponse) => Promise<void>> {
  const { router, request, path, query, contextOf, onError } = stream
  const body = request.method === 'POST' ? await readJsonText(request) : null
  const context = contextOf()
  const answer = await resolveResponse({
    router,
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
    // A client that disconnects ends the stream; this is not an error.
    if (answer.body !== null)
      await pipeline(Readable.fromWeb(answer.body as ReadableStream), response).catch(
        () => undefined,
      )
  }
}
