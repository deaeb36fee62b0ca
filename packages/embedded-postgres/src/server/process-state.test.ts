import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { isPostgresIn, isRunning } from './process-state.ts'

/** Two data folders, and a program that looks like a PostgreSQL in either of them. */
async function world() {
  const parent = await mkdtemp(join(tmpdir(), 'idem-process-'))
  const [folder, other] = [join(parent, 'folder'), join(parent, 'other')]
  for (const each of [folder, other]) await mkdir(each)
  const postgres = join(parent, 'postgres')
  await copyFile('/bin/sleep', postgres)
  const children: ChildProcess[] = []
  return {
    folder,
    other,
    async run(program: 'postgres' | 'sleep', cwd: string): Promise<number> {
      const child = spawn(program === 'sleep' ? program : postgres, ['60'], { cwd })
      children.push(child)
      await once(child, 'spawn')
      return Number(child.pid)
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL')
      await rm(parent, { recursive: true })
    },
  }
}

test('a PostgreSQL of the folder is recognised', async () => {
  await using it = await world()
  expect(isPostgresIn(await it.run('postgres', it.folder), it.folder)).toBe(true)
})

test('a PostgreSQL of another folder is not taken for one of this folder', async () => {
  await using it = await world()
  expect(isPostgresIn(await it.run('postgres', it.other), it.folder)).toBe(false)
})

test('another program in the folder is not taken for a PostgreSQL', async () => {
  await using it = await world()
  expect(isPostgresIn(await it.run('sleep', it.folder), it.folder)).toBe(false)
})

test('a zombie does not count as running', async () => {
  // The shell becomes a program that never waits for its child; by then the child must not have ended, or the shell waits for it.
  const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], { stdio: 'pipe' })
  const [line] = await once(createInterface(parent.stdout), 'line')
  await expect.poll(() => isRunning(Number(line)), { timeout: 2000 }).toBe(false)
  expect(() => process.kill(Number(line), 0)).not.toThrow()
  parent.kill('SIGKILL')
})
