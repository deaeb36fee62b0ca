import { notChecked } from '../../report/report.ts'
import type { Attack } from '../attack.ts'
import { reusedKey } from './reused-key.ts'

export const otherPath: Attack = {
  name: 'the same key at another path',
  async run(lab) {
    const { otherPath: path, url } = lab.target
    if (path === undefined) return notChecked('give one that takes the same body by --other-path')
    const changes = { url: new URL(lab.fill(path), url) }
    const isRefused = lab.profile.refusesOtherPath
    return reusedKey(lab, { option: '--other-path', changes, isRefused })
  },
}
