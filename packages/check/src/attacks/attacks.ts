import type { Attack } from './attack.ts'
import { atOnce } from './repeat/at-once.ts'
import { sentTwice } from './repeat/sent-twice.ts'

/** In the order of the table. */
export const attacks: readonly Attack[] = [sentTwice, atOnce]
