import type { BatchChange, BatchEffect, BatchSteps } from './batch-settings.ts'

export function stepsOf<Draft>(
  definition: BatchEffect<Draft> | BatchChange<Draft>,
): BatchSteps<Draft> {
  return 'change' in definition ? stepsOfChange(definition) : stepsOfEffect(definition)
}

/** An effect that follows from the call: it is executed at once, and read only when it exists already. */
function stepsOfEffect<Draft>(effect: BatchEffect<Draft>): BatchSteps<Draft> {
  const { whenTaken, prepare, ...parts } = effect
  return {
    first: 'execute',
    parts: { ...parts, existing: whenTaken?.existing ?? 'null::text' },
    prepare,
    decide: whenTaken && ((draft, existing) => ({ answer: whenTaken.answer(draft, existing) })),
  }
}

/** An effect that depends on what is stored: it is read, decided, and executed if the same is stored still. */
function stepsOfChange<Draft>(effect: BatchChange<Draft>): BatchSteps<Draft> {
  const { columns, existing, find, change, unchanged, update } = effect
  return {
    first: 'read',
    parts: { columns, existing, taken: `not (${unchanged})`, insert: `${update} returning 1` },
    prepare: find,
    decide: change,
  }
}
