export type Finding = {
  /** A word or two for the first column. */
  readonly about: string
  /** A problem keeps people from being served, or loses data. */
  readonly level: 'ok' | 'warning' | 'problem'
  /** What was found; unless it is ok, also what to do. */
  readonly says: string
}

type Judgement = Omit<Finding, 'about'>

export const ok = (says: string): Judgement => ({ level: 'ok', says })
export const warning = (says: string): Judgement => ({ level: 'warning', says })
export const problem = (says: string): Judgement => ({ level: 'problem', says })

export type { Judgement }
