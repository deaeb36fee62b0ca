import { setTimeout as pause } from 'node:timers/promises'
import type { Attempt } from '../../http/send.ts'
import type { Attack } from '../attack.ts'
import { attemptOneIntent } from '../one-effect.ts'

/** A server may let duplicates wait for the first, which waits for them. */
const longestMs = 500

export const slowBody: Attack = {
  name: 'repeated while the first still sends its body',
  run: (lab) =>
    attemptOneIntent(lab, async (request) => {
      let duplicates: Promise<Attempt[]> = Promise.resolve([])
      const first = await lab.sendSlowly(request, async () => {
        duplicates = Promise.all([lab.send(request), lab.send(request)])
        await Promise.race([duplicates, pause(longestMs)])
      })
      return [first, ...(await duplicates)]
    }),
}
