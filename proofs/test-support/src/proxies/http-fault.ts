import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../random.ts'
import { type Answer, cut, writeHalf, writeSliced, writeWhole } from './http-forward.ts'

/**
 * - `cut_before`: the connection is reset and no server receives the request
 * - `cut_midway`: the server executes the request, and the connection closes in the middle of the response
 * - `cut_after`: the server executes the request, and the connection is reset before the first byte of the
 *   response. Chromium itself repeats such a request once, a POST as well
 * - `late`: the connection is reset at once, and a server receives the request only afterwards
 * - `hang`: the server executes the request, and the connection stays silent until the client gives up
 * - `duplicate`: the request arrives twice, at the same time, at any of the servers; the first response passes
 * - `delay`: the request arrives later
 * - `slice`: the response arrives in pieces of a few bytes
 * - `refuse`: a proxy in between answers 503 in HTML
 * - `bad_gateway`: the server executes the request, and a proxy in between answers 502 in HTML
 * - `hold`: the request waits on its way to the server until it is released
 * - `hold_answer`: the server executes the request, and its response waits until it is released
 */
export type HttpFault =
  | 'cut_before'
  | 'cut_midway'
  | 'cut_after'
  | 'late'
  | 'hang'
  | 'duplicate'
  | 'delay'
  | 'slice'
  | 'refuse'
  | 'bad_gateway'
  | 'hold'
  | 'hold_answer'

/** The two moments of a fault that was planned for one request. */
export type PlannedFault = {
  /** Resolves when the fault has happened: the request is held, or its connection is gone. */
  readonly struck: Promise<void>
  /** Lets a held request continue, whether or not a client still waits; resolves when the server has answered it. */
  readonly release: () => Promise<void>
}

export type FaultyExchange = {
  readonly fault: HttpFault | undefined
  readonly random: Random
  readonly outgoing: ServerResponse
  readonly send: () => Promise<Answer>
  /** Keeps a request that no client waits for, so that it is awaited at the end. */
  readonly afterwards: (sent: Promise<unknown>) => void
  /** Called once a request is held. */
  readonly held: () => void
  readonly released: Promise<void>
}

/** A retry has usually been answered by then. */
const latestMs = 1_500
const longestDelayMs = 200
const html = { 'content-type': 'text/html' }

/** Passes one request on, with its fault. */
export async function exchangeWith(exchange: FaultyExchange): Promise<unknown> {
  const { fault, random, outgoing, send, afterwards, held, released } = exchange
  switch (fault) {
    case undefined:
      return writeWhole(outgoing, await send())
    case 'cut_before':
      return cut(outgoing)
    case 'cut_midway':
      return writeHalf(outgoing, await send())
    case 'cut_after':
      await send()
      return cut(outgoing)
    case 'late':
      cut(outgoing)
      return afterwards(pause(random.between(0, latestMs)).then(send))
    case 'hang':
      return send()
    case 'duplicate': {
      const both = [send(), send()]
      for (const one of both) afterwards(one)
      return writeWhole(outgoing, await Promise.any(both))
    }
    case 'delay':
      await pause(random.between(1, longestDelayMs))
      return writeWhole(outgoing, await send())
    case 'slice':
      return writeSliced(outgoing, await send(), random)
    case 'refuse':
      return outgoing.writeHead(503, html).end('<h1>Bad luck</h1>')
    case 'bad_gateway':
      await send()
      return outgoing.writeHead(502, html).end('<h1>Bad luck</h1>')
    case 'hold':
      held()
      await released
      return writeWhole(outgoing, await send())
    case 'hold_answer': {
      const answer = await send()
      held()
      await released
      return writeWhole(outgoing, answer)
    }
  }
}
