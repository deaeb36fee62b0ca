import { changedBody } from '../../lab/changed-body.ts'
import type { PreparedLab } from '../../lab/lab.ts'
import { notChecked, type Verdict } from '../../report/report.ts'
import type { Attack } from '../attack.ts'
import { separateRequests } from './separate-intents.ts'

export const withoutKey: Attack = {
  name: 'two bodies without a key',
  run: (lab) => twoBodiesUnder(lab, []),
}

/** Two intents that no key tells apart. Equal bodies could be taken for one intent, with reason. */
export async function twoBodiesUnder(lab: PreparedLab, keys: readonly string[]): Promise<Verdict> {
  const body = lab.target.otherBody ?? changedBody(lab.target.body)
  if (body === undefined) return notChecked('give another body by --other-body')
  return separateRequests(lab, [lab.newIntent({ keys }), lab.newIntent({ keys, body })])
}
