import { watch } from 'node:fs'
import { join } from 'node:path'
import { foldersOfDependencies, root } from '../workspace.mjs'

const settleMs = 100

/**
 * Watches the sources of a program. Not Node's `--watch`: it follows every file
 * that is loaded, and Next writes and loads files all the time.
 */
export function watchSources(name) {
  let report = () => {}
  let settled
  // A save is several events and a branch switch hundreds: they count as one change.
  const heard = (_, file) => {
    if (!/\.(ts|tsx|json|prisma|sql)$/.test(file ?? '') || /\.test\.tsx?$/.test(file)) return
    clearTimeout(settled)
    settled = setTimeout(() => report(), settleMs)
  }
  const folders = foldersOfDependencies(name).map((folder) => `${folder}/src`)
  const watchers = [...folders, 'prisma'].map((folder) => watch(join(root, folder), heard))
  return {
    change: () =>
      new Promise((resolve) => {
        report = () => resolve('changed')
      }),
    close: () => {
      for (const watcher of watchers) watcher.close()
      clearTimeout(settled)
    },
  }
}
