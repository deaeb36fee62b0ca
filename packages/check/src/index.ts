export { check } from './check.ts'
export type { ProfileName } from './profiles.ts'
export type { Finding, Report, Verdict } from './report/report.ts'
export type { Target } from './target.ts'
