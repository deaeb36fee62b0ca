import type { HttpFault } from '@idem/test-support/http-fault'

/** The main trouble of a run. Each of the first twelve runs has another one. */
export const troubles = [
  'lost answers',
  'cut requests',
  'a failing server',
  'a busy proxy',
  'a killed server',
  'no network',
  'closed tabs',
  'a killed browser',
  'a clock that is ahead',
  'a clock that is behind',
  'a clock that jumps',
  'cleared storage',
] as const

export type Trouble = (typeof troubles)[number]

const anyFault: readonly HttpFault[] = [
  'cut_midway',
  'cut_before',
  'cut_after',
  'bad_gateway',
  'refuse',
  'late',
  'duplicate',
  'delay',
  'slice',
  'hold',
  'hold_answer',
]

/** The faults of requests in a run. */
export function faultsOf(trouble: Trouble): readonly HttpFault[] {
  if (trouble === 'lost answers') {
    return ['cut_midway', 'cut_after', 'bad_gateway', 'hold_answer']
  }
  if (trouble === 'cut requests') return ['cut_before', 'late', 'hold']
  return trouble === 'a busy proxy' ? ['refuse', 'bad_gateway'] : anyFault
}

const fortyDaysMs = 40 * 86_400_000

/** How far the clock of the device is off at the start, in milliseconds. */
export function clockErrorOf(trouble: Trouble): number {
  if (trouble === 'a clock that is ahead') return fortyDaysMs
  return trouble === 'a clock that is behind' ? -fortyDaysMs : 0
}
