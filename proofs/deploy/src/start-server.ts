import { expect } from 'vitest'
import type { Image } from './built-image.ts'
import { startContainer } from './start-container.ts'

type Settings = {
  readonly dataDir: string
  readonly port: number
  readonly variables?: Readonly<Record<string, string>>
  readonly trace?: string
}

const readyMs = 60_000

/** A container of the image, once its server is ready. @throws with its output when it ends before */
export async function startServer(image: Image, { port, variables = {}, ...settings }: Settings) {
  const startedAt = performance.now()
  const set = { ...variables, HOST: '127.0.0.1', PORT: `${port}` }
  const container = startContainer(image, { ...settings, variables: set })
  const url = `http://127.0.0.1:${port}`
  const isReady = () => fetch(`${url}/readyz`).then(({ status }) => status, String)
  const ready = expect.poll(isReady, { timeout: readyMs, interval: 20 }).toBe(200)
  const ended = container.exited.then((code) => {
    throw new Error(`The server ended with ${code}:\n${container.output()}`)
  })
  await Promise.race([ready, ended])
  // The end of a ready server is what a test asks for.
  ended.catch(() => {})
  return { container, url, variables: set, readyAfterMs: performance.now() - startedAt }
}
