import { notChecked } from '../../report/report.ts'
import type { Attack } from '../attack.ts'
import { attemptOneIntent } from '../one-effect.ts'

const requests = 20

export const twoServers: Attack = {
  name: `${requests} at once at two servers`,
  async run(lab) {
    const { also } = lab.target
    if (also === undefined) return notChecked('give the other server by --also')
    return attemptOneIntent(lab, async (request) => {
      const elsewhere = { ...request, url: also }
      const all = Array.from({ length: requests }, (_, at) => (at % 2 === 0 ? request : elsewhere))
      const answers = await Promise.all(all.map(lab.send))
      return [...answers, await lab.settle(elsewhere)]
    })
  },
}
