import { type ClientRequest, type IncomingMessage, request as openHttp } from 'node:http'
import { request as openHttps } from 'node:https'
import type { Request } from './request.ts'

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

/** An attempt without an answer is unknown: it may have had its effect. */
export type Attempt = Answer | { readonly status: 'no answer'; readonly reason: string }

/** Where the client goes away. */
export type Cut = 'before the body' | 'in the body' | 'after the body' | 'in the answer'

const attemptMs = 15_000

export function isSuccess(attempt: Attempt): attempt is Answer {
  return attempt.status !== 'no answer' && attempt.status >= 200 && attempt.status < 300
}

/** Sends the request on a connection of its own and reads the whole answer. */
export function send(request: Request): Promise<Attempt> {
  const message = open(request)
  message.end(request.body)
  return attemptOf(message)
}

/** Sends the first half of the body, does the work, and then sends the rest. */
export async function sendSlowly(request: Request, work: () => Promise<void>): Promise<Attempt> {
  const { body = '' } = request
  const half = Math.floor(body.length / 2)
  const message = open(request)
  const attempt = attemptOf(message)
  message.write(body.slice(0, half))
  try {
    await work()
  } finally {
    message.end(body.slice(half))
  }
  return attempt
}

function attemptOf(message: ClientRequest): Promise<Attempt> {
  return new Promise((resolve) => {
    const fail = ({ message: reason }: Error) => resolve({ status: 'no answer', reason })
    message.on('error', fail)
    message.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('error', fail)
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(answerOf(response, chunks)))
    })
  })
}

function answerOf(response: IncomingMessage, chunks: readonly Buffer[]): Answer {
  const { statusCode = 0, headers } = response
  return { status: statusCode, headers, body: Buffer.concat(chunks).toString() }
}

/** Sends the request, closes the connection at the given point, and resolves when it is closed. */
export function sendCut(request: Request, cut: Cut): Promise<void> {
  return new Promise((resolve) => {
    const message = open(request)
    message.on('error', () => resolve())
    message.on('close', () => resolve())
    message.on('response', (response) => {
      response.on('error', () => resolve())
      response.once('data', () => response.destroy())
      response.on('end', () => resolve())
    })
    write(message, request.body ?? '', cut)
  })
}

function write(message: ClientRequest, body: string, cut: Cut): void {
  const leave = () => message.destroy()
  switch (cut) {
    case 'before the body':
      message.flushHeaders()
      message.on('socket', (socket) => whenSent(socket, leave))
      return
    case 'in the body':
      message.write(body.slice(0, Math.floor(body.length / 2)), leave)
      return
    case 'after the body':
      message.end(body, leave)
      return
    case 'in the answer':
      message.end(body)
  }
}

/** The headers leave when the socket is connected, at the earliest. */
function whenSent(socket: NodeJS.Socket & NodeJS.EventEmitter, then: () => void): void {
  const isSent = () => setImmediate(() => setImmediate(then))
  socket.once('connect', isSent)
  socket.once('secureConnect', isSent)
}

function open({ method, url, headers, body }: Request): ClientRequest {
  const list = ['Host', url.host, 'Connection', 'close']
  for (const [name, value] of headers) list.push(name, value)
  if (body !== undefined) list.push('Content-Length', `${Buffer.byteLength(body)}`)
  const start = url.protocol === 'https:' ? openHttps : openHttp
  return start(url, {
    method,
    headers: list,
    agent: false,
    signal: AbortSignal.timeout(attemptMs),
    // The certificate of a server on this machine is its own.
    rejectUnauthorized: !isLoopback(url.hostname),
  })
}

export function isLoopback(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}
