import { z } from 'zod'
import { nameOf } from '../../release.ts'

/** What a release says about itself, by `idem version --json`. */
export type DescribedRelease = {
  /** For people. */
  readonly name: string
  /** What the data may require of a release that this one fulfils. */
  readonly requirements: readonly string[]
}

const Described = z.object({
  version: z.string(),
  commit: z.string().optional(),
  requirements: z.array(z.string()),
})

export function parseDescribed(json: string): DescribedRelease {
  const release = Described.parse(JSON.parse(json))
  return { name: nameOf(release), requirements: release.requirements }
}

/** @throws when the new release may write what the old one refuses */
export function mustHaveWayBack(old: DescribedRelease, next: DescribedRelease): void {
  const lacking = next.requirements.filter((each) => !old.requirements.includes(each))
  if (lacking.length === 0) return
  throw new Error(
    `There is no way back from ${next.name}: its data may require ${lacking.join(', ')}, which ${old.name} does not know, so that one would not start again. Nothing was changed; upgrade with --no-way-back to go on.`,
  )
}
