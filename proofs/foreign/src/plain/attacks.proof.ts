import { afterAll, beforeAll, test, vi } from 'vitest'
import { type PlainProject, plainProject } from './plain-project.ts'
import { attacks, expectHarmless } from './prisma-attacks.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 400_000 })

const versions = [6, 7] as const
const projects = {} as Record<6 | 7, PlainProject>
beforeAll(async () => {
  for (const version of versions) projects[version] = await plainProject(version)
})
afterAll(async () => {
  for (const project of Object.values(projects)) await project[Symbol.asyncDispose]()
})

const cases = versions.flatMap((version) =>
  (['pool', 'string'] as const).flatMap((connection) =>
    attacks.map((attack) => ({ version, connection, attack })),
  ),
)

test.for(cases)(
  '$attack loses no effect and leaves no half of one: Prisma $version, a $connection',
  async ({ version, connection, attack }) => {
    const { folder } = projects[version]
    await expectHarmless({ folder, client: '@prisma/client', connection, attack })
  },
)
