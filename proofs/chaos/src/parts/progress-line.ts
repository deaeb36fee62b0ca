import type { InjectedFault } from './part-record.ts'

export type Progress = {
  readonly part: number
  readonly parts: number
  /** The attempts of each part. */
  readonly attempts: number
  /** Those of this part so far. */
  readonly sent: number
  readonly elapsedMs: number
  readonly faults: readonly InjectedFault[]
}

/** The position of a long run, with the time left at the speed of its current part. */
export function progressLine({ part, parts, attempts, sent, elapsedMs, faults }: Progress): string {
  const perSecond = (sent * 1_000) / elapsedMs
  const left = Math.max(0, (parts - part + 1) * attempts - sent)
  const kills = faults.filter(({ kind }) => kind.startsWith('kill')).length
  return [
    `part ${part} of ${parts}: ${count(sent)} of ${count(attempts)} attempts`,
    `${Math.round(perSecond)} a second`,
    `${faults.length} faults, ${kills} kills`,
    sent === 0 ? 'time left unknown' : `about ${Math.ceil(left / perSecond / 60)} min left`,
  ].join(', ')
}

function count(number: number): string {
  return number.toLocaleString('en')
}
