import { watch } from 'node:fs'
import { join } from 'node:path'
import { foldersBehind, root } from './house.mjs'

const settleMs = 100

/**
 * Watches what a program is made of. Not Node's `--watch`: that one follows
 * every file that is loaded, and Next writes files and loads them all day.
 */
export function watchSources(name) {
  let report = () => {}
  let settled
  // A save is several events, and a switch of branches hundreds: they are one change.
  const heard = (_, file) => {
    if (!/\.(ts|tsx|json|prisma|sql)$/.test(file ?? '') || /\.test\.tsx?$/.test(file)) return
    clearTimeout(settled)
    settled = setTimeout(() => report(), settleMs)
  }
  const folders = foldersBehind(name).map((folder) => `${folder}/src`)
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
