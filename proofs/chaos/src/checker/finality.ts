import type { Effect } from './effect-log.ts'
import { acknowledgements, type Broken, type Facts, type Intent } from './facts.ts'

/**
 * I4. Each todo has one sender, who begins one change of it after the other, so
 * the last one that was begun decides; a late retry of another may have come
 * after it and changes nothing.
 */
export function acknowledgedDeletesAreFinal(facts: Facts): Broken {
  const standing = facts.changing.filter(
    ({ operation }) => operation === 'deleteTodo' || operation === 'restoreTodo',
  )
  const byTodo = Map.groupBy(standing, ({ input }) => input)
  const wrong = [...byTodo].flatMap(([id, intents]): Broken => {
    const last = intents.filter((intent) => acknowledgements(intent).length > 0).at(-1)
    return last === undefined ? [] : standsOtherwise(last, facts.effectsById.get(id) ?? [])
  })
  return [...wrong, ...cameBackUnasked(facts)]
}

function standsOtherwise({ key, operation, input }: Intent, effects: readonly Effect[]): Broken {
  const last = effects.at(-1)
  // Of a todo that never was, a delete says that it is gone.
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
