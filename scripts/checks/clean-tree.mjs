import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { UserError } from '../processes/user-error.mjs'
import { root } from '../workspace.mjs'

/** The changes that git reports; undefined outside a checkout. */
export function treeState() {
  const status = git(['status', '--porcelain', '--untracked-files=all'])
  const difference = git(['diff', 'HEAD'])
  if (status === undefined || difference === undefined) return undefined
  return { status, digest: createHash('sha256').update(status).update(difference).digest('hex') }
}

/** Tests and builds may write only files that git ignores. */
export function expectSameTree(before, after) {
  if (before.digest === after.digest) return
  throw new UserError(
    `The run changed files that git tracks. It may only write files that .gitignore lists.\nBefore:\n${before.status}\nAfter:\n${after.status}`,
  )
}

function git(args) {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1e9 })
  return status === 0 ? stdout : undefined
}
