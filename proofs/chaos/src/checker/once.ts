import type { Effect } from './effect-log.ts'
import { acknowledgements, type Broken, type Facts, type Intent } from './facts.ts'

/** I1. Also counts rows that were created and deleted. */
export function acknowledgedEffectsAreThereOnce(facts: Facts): Broken {
  return facts.intents.flatMap((intent) =>
    acknowledgements(intent).flatMap((reported): Broken => {
      const wrong = notThere(intent, reported, facts)
      return wrong === undefined
        ? []
        : [[intent.key, `todo ${reported.id} was acknowledged and ${wrong}`]]
    }),
  )
}

type Acknowledged = ReturnType<typeof acknowledgements>[number]

function notThere(
  { operation, input }: Intent,
  reported: Acknowledged,
  facts: Facts,
): string | undefined {
  if (operation === 'createTodo') {
    const rows = facts.madeById.get(reported.id)?.length ?? 0
    return rows === 1 ? undefined : `made ${rows} times`
  }
  const at = (facts.effectsById.get(reported.id) ?? []).filter(
    ({ version }) => version === reported.version,
  )
  if (operation === 'updateTodo') {
    const there = at.some(({ kind, title }) => kind === 'changed' && title === input)
    return there ? undefined : `never changed so at version ${reported.version}`
  }
  if (operation !== 'restoreTodo') return undefined
  return at.length > 0 ? undefined : `never stood at version ${reported.version}`
}

/** I2. By key and by input, and without a key by version. */
export function noIntentHadTwoEffects(facts: Facts): Broken {
  return [...twoUnderAKey(facts), ...moreThanWereAskedFor(facts), ...skippedVersions(facts)]
}

function twoUnderAKey({ effectsByKey }: Facts): Broken {
  return [...effectsByKey].flatMap(
    ([key, effects]): Broken =>
      key === null || effects.length === 1 ? [] : [[key, `had ${effects.length} effects`]],
  )
}

function moreThanWereAskedFor({ effectsByTarget, intentsByTarget }: Facts): Broken {
  return [...effectsByTarget].flatMap(([target, effects]): Broken => {
    const asked = intentsByTarget.get(target)?.length ?? 0
    if (effects.length <= asked) return []
    return [
      [
        nameOf(effects),
        `${target} happened ${effects.length} times, and was asked for ${asked} times`,
      ],
    ]
  })
}

function skippedVersions({ effectsById }: Facts): Broken {
  return [...effectsById.values()].flatMap((effects): Broken => {
    const wrong = effects.find(({ version, kind }, at) => version !== at + 1 && kind !== 'removed')
    if (wrong === undefined) return []
    const versions = effects.map(({ version }) => version).join(' ')
    return [[wrong.by ?? wrong.id, `the versions of its todo went ${versions}`]]
  })
}

function nameOf(effects: readonly Effect[]): string {
  const last = effects.at(-1)
  return last?.by ?? last?.key ?? last?.id ?? ''
}

/** I10. */
export function keysAndEffectsAgree(facts: Facts): Broken {
  return [...withoutKey(facts), ...withoutEffect(facts), ...withoutOutcome(facts)]
}

function withoutKey({ made, effects, recordByKey }: Facts): Broken {
  const unnamed = made.flatMap(({ key, id }): Broken => {
    const answer = recordByKey.get(key ?? '')?.answer
    const names = answer != null && JSON.parse(answer).id === id
    return key === null || names ? [] : [[key, `todo ${id} is there, but no answer names it`]]
  })
  const apart = effects.flatMap(({ kind, key, by, id }): Broken => {
    if (kind !== 'made' || key === by) return []
    return [[key ?? id, `todo ${id} was not committed together with its key`]]
  })
  return [...unnamed, ...apart]
}

function withoutEffect({ records, effectsByKey, madeById, effectsById }: Facts): Broken {
  return records.flatMap(({ key, operation, answer, refusal, cancelled }): Broken => {
    const ofKey = effectsByKey.get(key) ?? []
    if (answer === null) {
      const why = cancelled ? 'was cancelled' : `was reported ${refusal}`
      return ofKey.length === 0 ? [] : [[key, `has an effect and ${why}`]]
    }
    const { id, version } = JSON.parse(answer)
    const there =
      (operation === 'createTodo' && madeById.has(id)) ||
      operation === 'deleteTodo' ||
      (operation === 'updateTodo' && ofKey.some((effect) => effect.version === version)) ||
      (operation === 'restoreTodo' &&
        effectsById.get(id)?.some((effect) => effect.version === version))
    return there ? [] : [[key, 'was answered, but the reported effect does not exist']]
  })
}

function withoutOutcome({ records }: Facts): Broken {
  return records.flatMap(({ key, answer, refusal, cancelled }): Broken => {
    const outcomes = [answer !== null, refusal !== null, cancelled].filter(Boolean).length
    return outcomes === 1 ? [] : [[key, `was committed with ${outcomes} outcomes`]]
  })
}
