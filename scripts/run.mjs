import { exitCode } from './children.mjs'
import { Complaint, runMain } from './complaint.mjs'
import { startOnNode24 } from './node-24.mjs'
import { generate, install } from './prepare.mjs'

await runMain(async () => {
  const [file, ...args] = process.argv.slice(2)
  if (!file) throw new Complaint('Say which file to run: node scripts/run.mjs FILE [arguments].')
  await install()
  await generate()
  return exitCode(startOnNode24(file, args))
})
