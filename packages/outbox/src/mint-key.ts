/**
 * Mints an idempotency key. Mint one for each intent, keep it with the intent, and send
 * every attempt with it.
 *
 * It is a UUIDv7: the time in milliseconds, then 72 random bits. A server can tell by
 * its time whether it may have forgotten such a key.
 *
 * @param now milliseconds since 1970, by the server's clock if the page knows it: a
 * server may refuse a key that is days old or minutes ahead
 */
export function mintKey(now: number = Date.now()): string {
  const time = Math.floor(now).toString(16).padStart(12, '0')
  const form = `${time.replace(/.{8}/, '$&-')}-7xxx-8xxx-xxxxxxxxxxxx`
  return form.replaceAll('x', randomDigit)
}

function randomDigit(): string {
  const [byte = 0] = crypto.getRandomValues(new Uint8Array(1))
  return (byte % 16).toString(16)
}
