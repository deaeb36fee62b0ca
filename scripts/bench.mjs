import { exitCode } from './processes/child-process.mjs'
import { startOnNode24 } from './processes/node-24.mjs'
import { runMain } from './processes/user-error.mjs'
import { findChromium } from './setup/chromium.mjs'
import { preparePeers } from './setup/peers.mjs'
import { build, generate, install } from './setup/prepare.mjs'
import { step } from './setup/step.mjs'
import { findValkey } from './setup/valkey.mjs'

await runMain(async () => {
  await install()
  await generate()
  await build()
  await preparePeers()
  const env = {}
  await step('valkey', async () => {
    env.IDEM_TEST_VALKEY = await findValkey()
    return env.IDEM_TEST_VALKEY
  })
  const args = process.argv.slice(2)
  if (!args.includes('--quick')) {
    await step('chromium', async () => {
      env.IDEM_CHROMIUM = await findChromium()
      return env.IDEM_CHROMIUM
    })
  }
  return exitCode(startOnNode24('proofs/speed/src/bench.ts', args, { env }))
})
