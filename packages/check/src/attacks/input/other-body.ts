import { changedBody } from '../../lab/changed-body.ts'
import { notChecked } from '../../report/report.ts'
import type { Attack } from '../attack.ts'
import { reusedKey } from './reused-key.ts'

export const otherBody: Attack = {
  name: 'the same key with another body',
  async run(lab) {
    const body = lab.target.otherBody ?? changedBody(lab.target.body)
    if (body === undefined) return notChecked('give another body by --other-body')
    return reusedKey(lab, { option: '--other-body', changes: { body }, isRefused: true })
  },
}
