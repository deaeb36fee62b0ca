import { notChecked } from '../../report/report.ts'
import type { Attack } from '../attack.ts'
import { reusedKey } from './reused-key.ts'

export const otherMethod: Attack = {
  name: 'the same key with another method',
  async run(lab) {
    const { otherMethod: method } = lab.target
    if (method === undefined) return notChecked('give one by --other-method')
    const isRefused = lab.profile.refusesOtherPath
    return reusedKey(lab, { option: '--other-method', changes: { method }, isRefused })
  },
}
