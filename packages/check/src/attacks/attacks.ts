import type { Attack } from './attack.ts'
import { connectionClosed } from './connection/connection-closed.ts'
import { failureFirst } from './input/failure-first.ts'
import { otherBody } from './input/other-body.ts'
import { otherMethod } from './input/other-method.ts'
import { otherOrder } from './input/other-order.ts'
import { otherPath } from './input/other-path.ts'
import { otherUser } from './input/other-user.ts'
import { emptyKey } from './key/empty-key.ts'
import { longKey } from './key/long-key.ts'
import { quotedKey } from './key/quoted-key.ts'
import { twoKeys } from './key/two-keys.ts'
import { withoutKey } from './key/without-key.ts'
import { atOnce } from './repeat/at-once.ts'
import { firstIsSlow } from './repeat/first-is-slow.ts'
import { sameAnswer } from './repeat/same-answer.ts'
import { sentTwice } from './repeat/sent-twice.ts'
import { slowBody } from './repeat/slow-body.ts'
import { killed } from './server/killed.ts'
import { retention } from './server/retention.ts'
import { twoServers } from './server/two-servers.ts'

/** In the order of the table. */
export const attacks: readonly Attack[] = [
  sentTwice,
  sameAnswer,
  atOnce,
  firstIsSlow,
  slowBody,
  ...connectionClosed,
  otherBody,
  otherPath,
  otherMethod,
  otherUser,
  otherOrder,
  failureFirst,
  withoutKey,
  emptyKey,
  longKey,
  twoKeys,
  quotedKey,
  twoServers,
  killed,
  retention,
]
