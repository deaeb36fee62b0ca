import type { Attack } from './attacks/attack.ts'
import { attacks } from './attacks/attacks.ts'
import { createLab, type PreparedLab } from './lab/lab.ts'
import { prepare } from './lab/prepare.ts'
import { type Finding, notChecked, type Report } from './report/report.ts'
import type { Target } from './target.ts'

/**
 * Attacks the endpoint and reports what held. Throws if the request of the target does not succeed, or
 * if `count` does not follow it.
 */
export async function check(target: Target): Promise<Report> {
  const lab = await prepare(createLab(target))
  const findings: Finding[] = []
  for (const attack of attacks) findings.push(await findingOf(attack, lab))
  return {
    url: target.url.href,
    profile: lab.profile.title,
    counted: target.count !== undefined,
    findings,
  }
}

async function findingOf({ name, run }: Attack, lab: PreparedLab): Promise<Finding> {
  try {
    return { attack: name, ...(await run(lab)) }
  } catch (error) {
    return { attack: name, ...notChecked(error instanceof Error ? error.message : `${error}`) }
  }
}
