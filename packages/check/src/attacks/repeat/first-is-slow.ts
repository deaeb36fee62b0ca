import { setTimeout as pause } from 'node:timers/promises'
import type { Attack } from '../attack.ts'
import { attemptOneIntent } from '../one-effect.ts'

const duplicates = 10

export const firstIsSlow: Attack = {
  name: 'repeated while the first is in progress',
  run: (lab) =>
    attemptOneIntent(lab, async (request) => {
      const attempts = [lab.send(request)]
      for (let sent = 0; sent < duplicates; sent += 1) {
        await pause(lab.latencyMs / duplicates)
        attempts.push(lab.send(request))
      }
      return Promise.all(attempts)
    }),
}
