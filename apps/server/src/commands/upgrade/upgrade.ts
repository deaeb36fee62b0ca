import { readlink, realpath, rename, rm, symlink } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { triedBackup } from '../backup.ts'
import { fileOfCaller, type Given } from '../run-command.ts'
import { mustHaveWayBack } from './described-release.ts'
import { inheritSettings, openRelease, programIn, type ReleaseFolder } from './release-folder.ts'

/** A start waits for the recovery of a database and for a drain of 20 s. */
const readyWithinSeconds = 60
const askEveryMs = 500
/** A release that crashes again and again is ready in between. */
const timesReady = 3

/**
 * Replaces the release behind a link by another one, and goes back to the old code when that does not become
 * ready. Going back never restores data, which would lose acknowledged writes: the old release works with the
 * tables of the new one.
 */
export async function upgrade(given: Given): Promise<number> {
  const { link, restart, within, backups } = optionsOf(given)
  const old = await openRelease(await currentFolder(link))
  const folder = await realpath(fileOfCaller(given.words[0] ?? ''))
  if (folder === old.folder) throw new Error(`${folder} is the release that ${link} names already.`)
  await inheritSettings(old.folder, folder)
  const next = await openRelease(folder)
  if (given.options['no-way-back'] !== true) mustHaveWayBack(old, next)

  await triedBackup(given, backups)
  if ((await next.run([programIn(folder), 'migrate'])) !== 0) {
    throw new Error(`The migrations of ${next.name} failed, so ${old.name} keeps serving.`)
  }
  given.signal.throwIfAborted()
  if (await start({ release: next, link, restart, within, signal: given.signal })) {
    process.stdout.write(`upgrade    ${old.name} to ${next.name}, which is ready\n`)
    return 0
  }
  process.stderr.write(`${next.name} did not become ready; going back to ${old.name}.\n`)
  const patience = Math.max(within, readyWithinSeconds)
  // Goes on after a signal, because nobody serves meanwhile.
  const { signal } = new AbortController()
  if (await start({ release: old, link, restart, within: patience, signal })) {
    throw new Error(
      `${next.name} did not become ready, so ${old.name} serves again, with all data; the log of the server says why.`,
    )
  }
  throw new Error(
    `Neither ${next.name} nor ${old.name} becomes ready. ${link} names ${old.folder}; the log of the server and "idem doctor" say why. Do not restore a backup only to start: it loses what was saved since.`,
  )
}

function optionsOf({ options }: Given) {
  const { link, restart, within, backups } = options
  const seconds = Number(within ?? readyWithinSeconds)
  if (!Number.isInteger(seconds) || seconds < 1) {
    throw new Error(`Expected a number of seconds after --within, received ${within}.`)
  }
  return {
    link: fileOfCaller(String(link ?? '/opt/idem')),
    restart: String(restart ?? 'systemctl restart idem'),
    within: seconds,
    backups: fileOfCaller(String(backups ?? '.')),
  }
}

async function currentFolder(link: string): Promise<string> {
  const target = await readlink(link).catch((cause: Error) => {
    throw new Error(
      `${link} is not a link to the folder of the release that runs (${cause.message}); make one once, such as: mv ${link} ${link}-1 && ln -s ${link}-1 ${link}.`,
      { cause },
    )
  })
  return await realpath(resolve(dirname(link), target))
}

type Start = {
  readonly release: ReleaseFolder
  readonly link: string
  readonly restart: string
  readonly within: number
  readonly signal: AbortSignal
}

/** Returns whether the release became ready and stayed so. */
async function start({ release, link, restart, within, signal }: Start): Promise<boolean> {
  await setLink(link, release.folder)
  if ((await release.run(['sh', '-c', restart])) !== 0) return false
  const isReady = [programIn(release.folder), 'health', '--same-release'] as const
  const until = performance.now() + within * 1_000
  let ready = 0
  while (performance.now() < until && !signal.aborted) {
    ready = (await release.run(isReady, 'hidden')) === 0 ? ready + 1 : 0
    if (ready === timesReady) return true
    await pause(askEveryMs, undefined, { signal }).catch(() => undefined)
  }
  return false
}

/** In one step: a restart at any moment finds one of the two releases. */
async function setLink(link: string, folder: string): Promise<void> {
  const draft = `${link}.${process.pid}`
  await symlink(folder, draft)
  await rename(draft, link).catch(async (error: unknown) => {
    await rm(draft)
    throw error
  })
}
