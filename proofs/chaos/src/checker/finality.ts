import type { Effect } from './effect-log.ts'
import { acknowledgements, type Broken, type Facts, type Intent } from './facts.ts'

/**
 * I4. Each todo has one sender, which starts one change after the other, so the last one decides; a late
 * retry of an earlier one must change nothing.
 */
export function acknowledgedDeletesAreFinal(facts: Facts): Broken {
  const final = facts.changing.filter(
    ({ operation }) => operation === 'deleteTodo' || operation === 'restoreTodo',
  )
  const byTodo = Map.groupBy(final, ({ input }) => input)
  const wrong = [...byTodo].flatMap(([id, intents]): Broken => {
    const last = intents.filter((intent) => acknowledgements(intent).length > 0).at(-1)
    return last === undefined ? [] : standsOtherwise(last, facts.effectsById.get(id) ?? [])
  })
  return [...wrong, ...cameBackUnasked(facts)]
}

function standsOtherwise({ key, operation, input }: Intent, effects: readonly Effect[]): Broken {
  const last = effects.at(-1)
  // A delete of a todo that never existed succeeds.
  if (last === undefined) return []
  const isGone = last.kind === 'deleted'
  if (operation === 'deleteTodo' && !isGone) {
    return [[key, `todo ${input} was deleted, and then it was ${last.kind}`]]
  }
  if (operation === 'restoreTodo' && isGone) {
    return [[key, `todo ${input} was restored, and then it was deleted`]]
  }
  return []
}

function cameBackUnasked({ effects, intentsByTarget }: Facts): Broken {
  return effects.flatMap(({ kind, id, by, key }): Broken => {
    if (kind === 'removed') return [[key ?? id, `the tombstone of todo ${id} was removed`]]
    if (kind !== 'restored' || intentsByTarget.has(`restoreTodo ${id}`)) return []
    return [[by ?? id, `todo ${id} came back, and nobody had asked for it`]]
  })
}
