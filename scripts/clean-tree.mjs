import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { Complaint } from './complaint.mjs'
import { root } from './house.mjs'

/** What git says is changed. Undefined where this is no checkout. */
export function treeState() {
  const status = git(['status', '--porcelain', '--untracked-files=all'])
  const difference = git(['diff', 'HEAD'])
  if (status === undefined || difference === undefined) return undefined
  return { status, digest: createHash('sha256').update(status).update(difference).digest('hex') }
}

/** Tests and builds write only what git ignores. */
export function expectSameTree(before, after) {
  if (before.digest === after.digest) return
  throw new Complaint(
    `The run changed files that belong to git. It may only write what .gitignore names.\nBefore:\n${before.status}\nAfter:\n${after.status}`,
  )
}

function git(args) {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1e9 })
  return status === 0 ? stdout : undefined
}
