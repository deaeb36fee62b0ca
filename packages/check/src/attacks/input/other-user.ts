import { notChecked } from '../../report/report.ts'
import type { Attack } from '../attack.ts'
import { broken } from '../one-effect.ts'
import { reusedKey } from './reused-key.ts'

export const otherUser: Attack = {
  name: 'the same key from another user',
  async run(lab) {
    const { otherUser: headers } = lab.target
    if (headers === undefined) return notChecked("give the user by --as-other-user 'Name: value'")
    const changes = { headers }
    const verdict = await reusedKey(lab, { option: '--as-other-user', changes, isRefused: false })
    const isRefusal = verdict.verdict === 'held' && verdict.seen.startsWith('refused')
    return isRefusal && lab.profile.keysHaveOwners
      ? broken(lab.newIntent(changes), `${verdict.seen}, though it is the key of another user`)
      : verdict
  },
}
