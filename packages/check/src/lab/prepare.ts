import { type Attempt, isSuccess } from '../http/send.ts'
import { countOne } from './count-one.ts'
import type { Lab, PreparedLab } from './lab.ts'
import { UsageError } from './usage-error.ts'

/** Sends two intents and repeats the first. Throws if they do not succeed, or are not counted. */
export async function prepare(lab: Lab): Promise<PreparedLab> {
  if (!(await lab.counter.isQuiet())) {
    throw new UsageError('The count changes by itself. Run the check while nothing else writes.')
  }
  const request = lab.newIntent()
  const began = performance.now()
  const first = await counted(lab, () => lab.settle(request))
  const latencyMs = performance.now() - began
  const second = await counted(lab, () => lab.settle(lab.newIntent()))
  const replay = await lab.settle(request)
  return {
    ...lab,
    latencyMs: Math.min(latencyMs, 1_000),
    answersDiffer: textOf(first) !== textOf(second),
    replaysAreEqual: first.status === replay.status && textOf(first) === textOf(replay),
  }
}

async function counted(lab: Lab, work: () => Promise<Attempt>): Promise<Attempt> {
  const { attempt, effects } = await countOne(lab, work, (each) => {
    expectSuccess(each)
    return 1
  })
  if (effects !== undefined && effects !== 1) {
    throw new UsageError(
      `One request raised the count by ${effects} instead of 1. Is it the right list, has it pages, or does the endpoint refuse equal bodies ({{unique}} makes them differ)?`,
    )
  }
  return attempt
}

function expectSuccess(attempt: Attempt): void {
  if (isSuccess(attempt)) return
  throw new UsageError(`${failureOf(attempt)}. The check needs a request that succeeds.`)
}

function failureOf(attempt: Attempt): string {
  return attempt.status === 'no answer'
    ? `The request got no answer (${attempt.reason})`
    : `The request was answered ${attempt.status}: ${attempt.body.slice(0, 300)}`
}

function textOf(attempt: Attempt): string {
  return attempt.status === 'no answer' ? '' : attempt.body
}
