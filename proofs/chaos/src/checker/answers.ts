import { type HistoryEvent, isFinal, type ReportedOutcome } from '../senders/history.ts'
import {
  acknowledgements,
  type Broken,
  effectsOf,
  type Facts,
  type Intent,
  refusals,
} from './facts.ts'

/** Stored refusals are answers too. */
const stored = new Set(['not_found', 'version_conflict', 'id_taken', 'cancelled'])

/** I3. The outcome of a key must equal its answer. */
export function answersOfAKeyAreEqual(facts: Facts): Broken {
  const keyed = facts.intents.filter(({ isKeyed }) => isKeyed)
  const different = keyed.flatMap((intent): Broken => {
    const bodies = new Set(intent.events.flatMap(settledBody))
    return bodies.size < 2 ? [] : [[intent.key, `${bodies.size} different answers`]]
  })
  return [
    ...different,
    ...outcomesAreEqual(facts),
    ...keyed.flatMap((intent) => reportedOtherwise(intent, facts)),
  ]
}

function settledBody({ happened }: HistoryEvent): string[] {
  switch (happened.kind) {
    case 'ok':
      return [happened.body]
    case 'reported':
      return happened.outcome.state === 'unused' ? [] : [happened.body]
    case 'refused':
      return stored.has(happened.code) ? [happened.body] : []
    default:
      return []
  }
}

/** A settled outcome never changes. */
function outcomesAreEqual({ intentsByKey }: Facts): Broken {
  return [...intentsByKey].flatMap(([key, intents]): Broken => {
    const reported = intents.flatMap(({ events }) =>
      events.flatMap((event) => (event.happened.kind === 'reported' ? settledBody(event) : [])),
    )
    const different = new Set(reported).size
    return different < 2 ? [] : [[key, `its outcome was reported in ${different} ways`]]
  })
}

function reportedOtherwise({ key, events }: Intent, facts: Facts): Broken {
  const others = facts.intentsByKey.get(key) ?? []
  return events.flatMap(({ happened }, at): Broken => {
    if (happened.kind !== 'reported') return []
    const wrong = others.flatMap((other) => contradiction(happened.outcome, other))
    const lies = knewBefore({ asked: events[at - 1], reported: happened.outcome, others })
    return [...wrong, ...lies].map((reason) => [key, reason])
  })
}

function contradiction(
  { state, operation, answer, refusal }: ReportedOutcome,
  other: Intent,
): string[] {
  if (state !== 'answered' || operation !== other.operation) return []
  const bodies = acknowledgements(other).map(({ body }) => body)
  if (bodies.length === 0) return []
  if (refusal !== undefined) return [`was acknowledged, and its outcome is ${refusal}`]
  return bodies.every((body) => body === answer) ? [] : ['its outcome is another answer']
}

/** `unused` after a known answer is wrong. */
function knewBefore(question: {
  asked: HistoryEvent | undefined
  reported: ReportedOutcome
  others: readonly Intent[]
}): string[] {
  const { asked, reported, others } = question
  if (reported.state !== 'unused' || asked === undefined) return []
  const heard = others.some(({ events }) =>
    events.some(({ at, happened }) => happened.kind === 'ok' && at < asked.at),
  )
  return heard ? ['was acknowledged, and afterwards its outcome was "unused"'] : []
}

/** I5. */
export function noOtherInputUnderAKey(facts: Facts): Broken {
  return [...facts.intentsByKey].flatMap(([key, intents]): Broken => {
    const answered = intents.filter((intent) => acknowledgements(intent).length > 0).length
    if (answered > 1) return [[key, `${answered} different inputs were answered`]]
    return intents.flatMap((intent): Broken => {
      const reused = refusals(intent).some(({ code }) => code === 'key_reused')
      const done = effectsOf(intent, facts).length > 0
      return reused && done
        ? [[key, `"${intent.input}" was refused as another input, and was done`]]
        : []
    })
  })
}

/** I6. A cancelled key is refused for ever too. */
export function definiteRefusalsHadNoEffect(facts: Facts): Broken {
  const keyed = facts.intents.filter(({ isKeyed }) => isKeyed)
  const refused = keyed.flatMap((intent): Broken => {
    const code = refusals(intent).find((refusal) => refusal.code !== 'key_reused')?.code
    const done = effectsOf(intent, facts).length > 0
    return code !== undefined && done
      ? [[intent.key, `"${intent.input}" was refused (${code}), and was done`]]
      : []
  })
  return [...refused, ...keyed.flatMap((intent) => cancelledAndDone(intent, facts))]
}

function cancelledAndDone({ key, events }: Intent, facts: Facts): Broken {
  const cancelled = events.some(
    ({ happened }) => happened.kind === 'reported' && happened.outcome.state === 'cancelled',
  )
  if (!cancelled) return []
  if (facts.effectsByKey.has(key)) return [[key, 'was cancelled, and has an effect']]
  const others = facts.intentsByKey.get(key) ?? []
  return others.some((other) => acknowledgements(other).length > 0)
    ? [[key, 'was cancelled, and was acknowledged']]
    : []
}

/** I7. */
export function everyUnknownWasSettled({ intents }: Facts): Broken {
  return intents.flatMap(({ key, events }): Broken => {
    if (events.some(isFinal)) return []
    const last = events.at(-1)?.happened.kind
    return [[key, `was given up: the last that is known of it is "${last}"`]]
  })
}

/** I9. Without a key an attempt may conflict with its own earlier effect. */
export function noFailureForAnEffectThatExists(facts: Facts): Broken {
  const keyed = facts.intents.filter(({ isKeyed }) => isKeyed)
  return keyed.flatMap((intent): Broken => {
    const { key, input, events } = intent
    const failed = events.some(
      ({ happened }) => happened.kind === 'refused' && happened.code === 'unexpected',
    )
    if (failed && effectsOf(intent, facts).length > 0) {
      return [[key, `"${input}" was called a failure, and was done`]]
    }
    const both = acknowledgements(intent).length > 0 && refusals(intent).length > 0
    return both ? [[key, 'was both acknowledged and refused']] : []
  })
}
