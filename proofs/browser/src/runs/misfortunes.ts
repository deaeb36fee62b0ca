import type { HttpFault } from '@idem/test-support/http-fault'

/** What a run suffers from most. Each of the first twelve runs has another one. */
export const misfortunes = [
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

export type Misfortune = (typeof misfortunes)[number]

const any: readonly HttpFault[] = [
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
export function faultsOf(misfortune: Misfortune): readonly HttpFault[] {
  if (misfortune === 'lost answers') {
    return ['cut_midway', 'cut_after', 'bad_gateway', 'hold_answer']
  }
  if (misfortune === 'cut requests') return ['cut_before', 'late', 'hold']
  return misfortune === 'a busy proxy' ? ['refuse', 'bad_gateway'] : any
}

const fortyDaysMs = 40 * 86_400_000

/** How far the clock of the device is off at the start, in milliseconds. */
export function clockErrorOf(misfortune: Misfortune): number {
  if (misfortune === 'a clock that is ahead') return fortyDaysMs
  return misfortune === 'a clock that is behind' ? -fortyDaysMs : 0
}
