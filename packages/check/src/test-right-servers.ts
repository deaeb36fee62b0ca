import { setTimeout as pause } from 'node:timers/promises'
import { type Rules, reused, rightRules } from './test-order-server.ts'

const inFlight = { status: 409, headers: { 'Retry-After': '0' }, body: '{"error":"In flight."}' }

/** Each keeps the promise in its own way. `chance` is whether something rare happens now. */
export const rightServers: Readonly<Record<string, (chance: () => boolean) => Partial<Rules>>> = {
  'lets duplicates wait': () => ({}),
  'is slow': () => ({ slowMs: () => 40 }),
  'refuses duplicates while the first is in progress': () => ({
    slowMs: () => 10,
    async once({ storage: { replies }, scope, fingerprint }, work) {
      const stored = replies.get(scope)
      if (stored && stored.fingerprint !== fingerprint) return reused
      if (stored) return (await Promise.race([stored.reply, pause(0)])) ?? inFlight
      const reply = work()
      replies.set(scope, { fingerprint, reply })
      const { status } = await reply
      if (status >= 400) replies.delete(scope)
      return reply
    },
  }),
  'is sometimes busy': (chance) => ({ isBusy: chance }),
  'loses answers': (chance) => ({ deliver: () => !chance() }),
  'is slow, busy and loses answers': (chance) => ({
    slowMs: () => 5,
    isBusy: chance,
    deliver: () => !chance(),
  }),
  'requires a key': () => ({
    keyOf: (call) =>
      call.keys.length === 0
        ? { status: 400, body: '{"error":"A key is required."}' }
        : rightRules.keyOf(call),
  }),
}
