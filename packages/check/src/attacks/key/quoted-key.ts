import { randomUUID } from 'node:crypto'
import { notChecked } from '../../report/report.ts'
import type { Attack } from '../attack.ts'
import { separateIntents } from './separate-intents.ts'

export const quotedKey: Attack = {
  name: 'a key with quotes, and one without',
  async run(lab) {
    if (lab.target.keyIn.in === 'body') return notChecked('the key is a member of the body')
    const { body } = lab.newIntent({ keys: [] })
    const key = randomUUID()
    const quoted = lab.newIntent({ body, keys: [`"${key}"`] })
    if (lab.profile.ignoresQuotes) {
      const bare = lab.newIntent({ body, keys: [key] })
      return separateIntents(lab, [[quoted, quoted, bare, bare]])
    }
    const bare = lab.newIntent({ body })
    return separateIntents(lab, [
      [quoted, quoted],
      [bare, bare],
    ])
  },
}
