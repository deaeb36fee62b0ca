import type { PreparedLab } from '../lab/lab.ts'
import type { Verdict } from '../report/report.ts'

export type Attack = {
  /** What is done, in the words of the table. */
  readonly name: string
  readonly run: (lab: PreparedLab) => Promise<Verdict>
}
