import { setTimeout as pause } from 'node:timers/promises'
import {
  canonical,
  type Reply,
  type Rules,
  reused,
  rightRules,
  type Storage,
} from './test-order-server.ts'

type Wrong = {
  readonly rules: () => Partial<Rules>
  /** What the other server stores, if not the same. */
  readonly otherReplies?: Storage['replies']
  readonly retentionSeconds?: number
  /** The attacks that find it, and no others do. */
  readonly foundBy: readonly string[]
  /** Races with few requests, which a busy machine may not run. */
  readonly mayBeFoundBy?: readonly string[]
}

const done: Reply = { status: 200, body: '{"done":true}' }

/** Each is wrong in one way, which is its name. */
export const wrongServers: Readonly<Record<string, Wrong>> = {
  'looks the key up and stores it only after the work': {
    rules: () => ({
      slowMs: () => 20,
      async once({ storage: { replies }, scope, fingerprint }, work) {
        const stored = replies.get(scope)
        if (stored) return stored.fingerprint === fingerprint ? stored.reply : reused
        const reply = await work()
        if (reply.status < 400) replies.set(scope, { fingerprint, reply: Promise.resolve(reply) })
        return reply
      },
    }),
    foundBy: ['50 at once with one key', '20 at once at two servers'],
    mayBeFoundBy: [
      'repeated while the first is in progress',
      'repeated while the first still sends its body',
      'connection closed after the body, then repeated',
      'repeated after the server was killed',
    ],
  },
  'takes a key over while its first attempt is still at work': {
    rules: () => ({
      slowMs: () => 60,
      async once({ storage: { replies }, scope, fingerprint }, work) {
        const stored = replies.get(scope)
        if (stored && stored.fingerprint !== fingerprint) return reused
        const first = stored && (await Promise.race([stored.reply, pause(30)]))
        if (first) return first
        const reply = work()
        replies.set(scope, { fingerprint, reply })
        return refusalsFreed(replies, scope, reply)
      },
    }),
    foundBy: ['50 at once with one key', '20 at once at two servers'],
    mayBeFoundBy: [
      'repeated while the first is in progress',
      'repeated while the first still sends its body',
      'connection closed after the body, then repeated',
      'repeated after the server was killed',
    ],
  },
  'keeps the key of a request whose body did not come': {
    rules: () => {
      const claimed = new Set<string | undefined>()
      return {
        onAbort: ({ keys: [key] }) => {
          claimed.add(key)
        },
        keyOf: (call) => (claimed.has(call.keys[0]) ? done : rightRules.keyOf(call)),
      }
    },
    foundBy: [
      'connection closed before the body, then repeated',
      'connection closed in the body, then repeated',
    ],
  },
  'keeps its keys in memory': {
    rules: () => ({ onStart: ({ replies }) => replies.clear() }),
    foundBy: ['repeated after the server was killed'],
  },
  'does not know the keys of the other server': {
    rules: () => ({}),
    otherReplies: new Map(),
    foundBy: ['20 at once at two servers'],
  },
  'forgets a key too early': {
    rules: () => ({
      async once(context, work) {
        const reply = await rightRules.once(context, work)
        setTimeout(() => context.storage.replies.delete(context.scope), 1_000).unref()
        return reply
      },
    }),
    retentionSeconds: 2,
    foundBy: ['repeated shortly before its key may be forgotten'],
  },
  'stores the answer only when it was delivered': {
    rules: () => ({
      slowMs: () => 50,
      async once({ storage: { replies }, scope, fingerprint, response }, work) {
        const stored = replies.get(scope)
        if (stored) return stored.fingerprint === fingerprint ? stored.reply : reused
        const reply = work()
        replies.set(scope, { fingerprint, reply })
        response.once('close', () => {
          if (!response.writableFinished) replies.delete(scope)
        })
        return refusalsFreed(replies, scope, reply)
      },
    }),
    foundBy: ['connection closed after the body, then repeated'],
  },
  'does not compare the body': {
    rules: () => ({ fingerprintOf: ({ method, path }) => `${method} ${path}` }),
    foundBy: ['the same key with another body'],
  },
  'does not compare the path': {
    rules: () => ({ fingerprintOf: ({ method, body }) => `${method} ${canonical(body)}` }),
    foundBy: ['the same key at another path'],
  },
  'does not compare the method': {
    rules: () => ({ fingerprintOf: ({ path, body }) => `${path} ${canonical(body)}` }),
    foundBy: ['the same key with another method'],
  },
  'shares keys among users': {
    rules: () => ({ scopeOf: (_, key) => key }),
    foundBy: ['the same key from another user'],
  },
  'compares the text of the body': {
    rules: () => ({ fingerprintOf: ({ method, path, body }) => `${method} ${path} ${body}` }),
    foundBy: ['the same key with its members in another order'],
  },
  'takes a refused request for a done one': {
    rules: () => ({
      async once(context, work) {
        const { replies } = context.storage
        if (replies.has(`refused ${context.scope}`)) return done
        const reply = await rightRules.once(context, work)
        if (reply.status === 400) {
          const { fingerprint } = context
          replies.set(`refused ${context.scope}`, { fingerprint, reply: Promise.resolve(reply) })
        }
        return reply
      },
    }),
    foundBy: ['a refused body, then a right one under the same key'],
  },
  'takes all requests without a key for one': {
    rules: () => ({
      keyOf: (call) => (call.keys.length === 0 ? 'none' : rightRules.keyOf(call)),
      fingerprintOf: (call) => (call.keys.length === 0 ? '' : rightRules.fingerprintOf(call)),
    }),
    foundBy: ['two bodies without a key'],
  },
  'takes all empty keys for one': {
    rules: () => ({
      keyOf: (call) => (call.keys[0] === '' ? 'empty' : rightRules.keyOf(call)),
      fingerprintOf: (call) => (call.keys[0] === '' ? '' : rightRules.fingerprintOf(call)),
    }),
    foundBy: ['two bodies under an empty key'],
  },
  'stores 255 characters of a key': {
    rules: () => ({
      keyOf: ({ keys, ...call }) =>
        rightRules.keyOf({ ...call, keys: keys.map((key) => key.slice(0, 255)) }),
    }),
    foundBy: ['keys of 256 characters'],
  },
  'ignores the key when it is sent twice': {
    rules: () => ({
      keyOf: (call) => (call.keys.length > 1 ? undefined : rightRules.keyOf(call)),
    }),
    foundBy: ['the key header sent twice, and all of it repeated'],
  },
  'ignores a key with quotes': {
    rules: () => ({
      keyOf: (call) => (call.keys[0]?.startsWith('"') ? undefined : rightRules.keyOf(call)),
    }),
    foundBy: ['a key with quotes, and one without'],
  },
  'answers a repetition with another status': {
    rules: () => ({ replay: (reply) => ({ ...reply, status: 200 }) }),
    foundBy: ['the answer to a repetition is compared'],
  },
  'answers a repetition without its Location': {
    rules: () => ({ replay: ({ status, body }) => ({ status, body, headers: { ETag: '"1"' } }) }),
    foundBy: ['the answer to a repetition is compared'],
  },
}

async function refusalsFreed(
  replies: Map<string, unknown>,
  scope: string,
  reply: Promise<Reply>,
): Promise<Reply> {
  if ((await reply).status >= 400) replies.delete(scope)
  return reply
}
