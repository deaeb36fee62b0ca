import { AsyncLocalStorage } from 'node:async_hooks'
import { IdempotencyError } from '../idempotency-error.ts'
import type { KeyName } from '../intent.ts'
import {
  type Claim,
  isAbandoned,
  type Outcome,
  pairOf,
  record,
  waited,
  wasDropped,
} from '../records/claim.ts'

/** Runs an attempt, or shares the one with the same key that is in progress. */
export type SingleFlight = (claim: Claim, run: () => Promise<Outcome>) => Promise<Outcome>

type InFlight = { readonly claim: Claim; readonly outcome: Promise<Outcome> }

/**
 * Emptied when its attempt has ended. A Map that grows or shrinks leaves a table behind, with the entries
 * of that moment, and V8 does not free it before the next full collection, nor what the entries refer to.
 */
type Slot = { inFlight: InFlight | undefined }

/** The attempt whose effect runs the caller: an attempt with its key would wait for itself. */
export const effectOf = new AsyncLocalStorage<Claim>()

/**
 * One attempt at a time per key in this process. Otherwise a thousand attempts
 * with one key would take every connection of the pool to wait for the first one.
 * The same intent shares the first one's outcome; any other attempt under that key
 * waits until the first one has ended and then runs by itself. It waits as long as
 * an attempt in another process: `waitMs` from when the first one has claimed the
 * key. Without an end, two effects that run each other's keys would wait for ever.
 *
 * The attempt continues as long as one of its callers waits: a first caller that
 * leaves fails no duplicate.
 */
export function createSingleFlight(waitMs: number): SingleFlight {
  const slots = new Map<string, Slot>()
  const inFlight = (name: string) => slots.get(name)?.inFlight

  function begin(name: string, claim: Claim, run: () => Promise<Outcome>): Promise<Outcome> {
    const slot: Slot = { inFlight: undefined }
    const outcome = landed(name, slot, run())
    slot.inFlight = { claim, outcome }
    slots.set(name, slot)
    return outcome
  }

  async function landed(name: string, slot: Slot, outcome: Promise<Outcome>): Promise<Outcome> {
    try {
      return await outcome
    } finally {
      slots.delete(name)
      // What its effect left behind keeps this claim, but not those around it.
      if (slot.inFlight) slot.inFlight.claim.around = undefined
      slot.inFlight = undefined
    }
  }

  async function behind(name: string, claim: Claim, run: () => Promise<Outcome>): Promise<Outcome> {
    for (let ahead = inFlight(name); ahead !== undefined; ahead = inFlight(name)) {
      if (isAround(claim, ahead.claim)) throw new Error(nested)
      if (sameIntent(ahead.claim, claim)) {
        const outcome = await shared(ahead, claim, waitMs)
        if (outcome !== undefined) return outcome
      } else {
        await waited(claim, endOf(ahead, waitMs))
      }
    }
    return begin(name, claim, run)
  }

  return function singleFlight(claim, run) {
    const name = pairOf(claim)
    // Nearly always nothing is ahead, and an async function would cost more than all of this.
    return slots.has(name) ? behind(name, claim, run) : begin(name, claim, run)
  }
}

/** The age of the first one's outcome, if that was a replay itself. Undefined when the first was dropped before this one came. */
async function shared(
  { claim: first, outcome }: InFlight,
  claim: Claim,
  waitMs: number,
): Promise<Outcome | undefined> {
  first.callers?.push(...(claim.callers ?? [undefined]))
  try {
    await waited(claim, endOf({ claim: first, outcome }, waitMs))
    const replayed = await outcome
    record(claim, { isDuplicate: true, replayAgeMs: first.telemetry?.replayAgeMs })
    return { ...replayed, replayed: true }
  } catch (error) {
    if (wasDropped(error) && !isAbandoned(claim)) return undefined
    record(claim, { isDuplicate: true })
    throw error
  }
}

/** Rejects with `in_flight` when the attempt has held the key for `waitMs` and goes on. */
function endOf({ claim, outcome }: InFlight, waitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    // Before its claim it may wait for a connection, which counts for nobody. So it is looked at again.
    const look = () => {
      const now = performance.now()
      const leftMs = (claim.claimedAt ?? now) + waitMs - now
      if (leftMs <= 0) reject(new IdempotencyError('in_flight'))
      else timer = setTimeout(look, leftMs)
    }
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    outcome.then(end, end)
    look()
  })
}

function isAround({ around }: Claim, ahead: Claim): boolean {
  return around !== undefined && (around === ahead || isAround(around, ahead))
}

const nested = 'An effect called `run` under its own key; use another key.'

function sameIntent(one: Claim, other: Claim): boolean {
  return one.operation === other.operation && one.fingerprint === other.fingerprint
}

/**
 * A key that was held is likely to be held again when its client retries, a second later and again
 * after that. If it is free by then, only the batch is lost.
 */
const usual = { most: 1_000, keptMs: 10_000 }

/**
 * Keys that another session held a moment ago. They only decide whether an attempt joins a batch or
 * runs alone, so forgetting one early costs time and nothing else.
 */
export class HeldKeys {
  readonly #until = new Map<string, number>()
  readonly #most: number
  readonly #keptMs: number

  constructor({ most, keptMs } = usual) {
    this.#most = most
    this.#keptMs = keptMs
  }

  add(name: KeyName): void {
    const pair = pairOf(name)
    // Deleted first, so that the map stays in time order and its first entry is the oldest.
    this.#until.delete(pair)
    this.#until.set(pair, performance.now() + this.#keptMs)
    const [oldest] = this.#until.keys()
    if (this.#until.size > this.#most && oldest !== undefined) this.#until.delete(oldest)
  }

  has(name: KeyName): boolean {
    // Hot path: nearly always the map is empty.
    if (this.#until.size === 0) return false
    return (this.#until.get(pairOf(name)) ?? 0) > performance.now()
  }
}
