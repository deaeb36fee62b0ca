import { randomBytes } from 'node:crypto'
import type { Attack } from '../attack.ts'
import { separateIntents } from './separate-intents.ts'

/** Two keys that differ in the last of 256 characters. */
export const longKey: Attack = {
  name: 'keys of 256 characters',
  run(lab) {
    const start = randomBytes(128).toString('hex').slice(0, 255)
    const { body } = lab.newIntent({ keys: [] })
    const first = lab.newIntent({ body, keys: [`${start}a`] })
    const second = lab.newIntent({ body, keys: [`${start}b`] })
    return separateIntents(lab, [[first, first], [second]])
  },
}
