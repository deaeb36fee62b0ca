import { expect, test } from 'vitest'
import { readEnvironment } from '../environment.ts'
import { version } from './version.ts'

test('a release that may write what the one before refuses is not printed in its place', async () => {
  const older = { version: '0.0.1', requirements: [] }
  await expect(versionAfter(older)).rejects.toThrow(
    /no way back from 0\.1\.0: .*accounts.*0\.0\.1 does not know.*--no-way-back/,
  )
  expect(await versionAfter({ ...older, requirements: ['accounts'] })).toBe(0)
})

function versionAfter(release: object): Promise<number> {
  return version({
    environment: readEnvironment({}),
    words: [],
    options: { replaces: JSON.stringify(release) },
    signal: new AbortController().signal,
  })
}
