import { randomUUID } from 'node:crypto'
import { notChecked } from '../../report/report.ts'
import type { Attack } from '../attack.ts'
import { separateIntents } from './separate-intents.ts'

export const twoKeys: Attack = {
  name: 'the key header sent twice, and all of it repeated',
  async run(lab) {
    if (lab.target.keyIn.in === 'body') return notChecked('the key is a member of the body')
    const request = lab.newIntent({ keys: [randomUUID(), randomUUID()] })
    return separateIntents(lab, [[request, request]])
  },
}
