import { burst } from '../../lab/lab.ts'
import type { Attack } from '../attack.ts'
import { attemptOneIntent } from '../one-effect.ts'

export const atOnce: Attack = {
  name: `${burst} at once with one key`,
  run: (lab) =>
    attemptOneIntent(lab, (request) =>
      Promise.all(Array.from({ length: burst }, () => lab.send(request))),
    ),
}
