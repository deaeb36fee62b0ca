import type { Poison } from './poison.ts'
import type { Round } from './run-round.ts'

export type LoadPlan = {
  readonly url: string
  /** For the session that holds keys. */
  readonly databaseUrl: string
  readonly poison: Poison
  readonly seed: number
  /** Rounds without and with poison, alternating. */
  readonly pairs: number
  readonly seconds: { readonly warmUp: number; readonly round: number }
}

export type LoadReport = {
  readonly warmUp: Round
  readonly quiet: readonly Round[]
  readonly poisoned: readonly Round[]
}
