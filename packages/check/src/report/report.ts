export type Verdict =
  | { readonly verdict: 'held'; readonly seen: string }
  | { readonly verdict: 'broken'; readonly seen: string; readonly repeat: string }
  | { readonly verdict: 'not checked'; readonly why: string }

export type Finding = Verdict & { readonly attack: string }

export type Report = {
  readonly url: string
  readonly profile: string
  /** Whether effects were counted. Otherwise only what answers show was seen. */
  readonly counted: boolean
  readonly findings: readonly Finding[]
}

export function held(seen: string): Verdict {
  return { verdict: 'held', seen }
}

export function notChecked(why: string): Verdict {
  return { verdict: 'not checked', why }
}
