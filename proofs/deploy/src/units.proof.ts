import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { expect, test } from 'vitest'
import { checkout } from './built-image.ts'
import { needTools } from './need-tools.ts'
import { runTool } from './run-tool.ts'

const services = ['idem.service', 'idem-backup.service']
const units = [...services, 'idem-backup.timer']

test.for(services)('%s is exposed to at most 2.0 of 10', async (name) => {
  needTools('systemd-analyze')
  const options = ['security', '--offline=true', '--threshold=20', '--no-pager']
  const report = await runTool('systemd-analyze', [...options, join(checkout, 'deploy', name)])
  expect(report).toContain('Overall exposure level')
})

test('systemd finds no mistake in the units', async () => {
  needTools('systemd-analyze')
  await using folder = await temporaryFolder()
  const program = join(folder.path, 'idem')
  await writeFile(program, '', { mode: 0o755 })
  await mkdir(join(folder.path, 'units'))
  const files = units.map((name) => join(folder.path, 'units', name))
  for (const [index, file] of files.entries()) {
    const text = await readFile(join(checkout, 'deploy', units[index] ?? ''), 'utf8')
    await writeFile(file, text.replaceAll('/opt/idem/bin/idem', program))
  }
  const found = await runTool('systemd-analyze', ['verify', '--recursive-errors=no', ...files])
  expect(found).toBe('')
})
