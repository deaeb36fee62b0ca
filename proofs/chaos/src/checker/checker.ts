import {
  answersOfAKeyAreEqual,
  definiteRefusalsHadNoEffect,
  everyUnknownWasSettled,
  noFailureForAnEffectThatExists,
  noOtherInputUnderAKey,
} from './answers.ts'
import { type Broken, type Evidence, type Facts, gather } from './facts.ts'
import { acknowledgedDeletesAreFinal } from './finality.ts'
import { everySenderIsWellAgain, noTransactionIsLeftOpen } from './health.ts'
import {
  acknowledgedEffectsAreThereOnce,
  keysAndEffectsAgree,
  noIntentHadTwoEffects,
} from './once.ts'

export type Violation = {
  readonly invariant: string
  readonly key: string
  readonly reason: string
}

/** Compares the history of the senders with the effects in the database, after the run. */
export function check(evidence: Evidence): Violation[] {
  const facts = gather(evidence)
  return invariants.flatMap(([invariant, broken]) =>
    broken(facts).map(([key, reason]) => ({ invariant, key, reason })),
  )
}

const invariants: readonly (readonly [string, (facts: Facts) => Broken])[] = [
  ['I1', acknowledgedEffectsAreThereOnce],
  ['I2', noIntentHadTwoEffects],
  ['I3', answersOfAKeyAreEqual],
  ['I4', acknowledgedDeletesAreFinal],
  ['I5', noOtherInputUnderAKey],
  ['I6', definiteRefusalsHadNoEffect],
  ['I7', everyUnknownWasSettled],
  ['I8', everySenderIsWellAgain],
  ['I9', noFailureForAnEffectThatExists],
  ['I10', keysAndEffectsAgree],
  ['I11', noTransactionIsLeftOpen],
]
