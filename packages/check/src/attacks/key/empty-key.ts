import type { Attack } from '../attack.ts'
import { twoBodiesUnder } from './without-key.ts'

export const emptyKey: Attack = {
  name: 'two bodies under an empty key',
  run: (lab) => twoBodiesUnder(lab, ['']),
}
