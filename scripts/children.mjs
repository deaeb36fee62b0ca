import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { Complaint, Stopped } from './complaint.mjs'
import { houseEnvironment, root } from './house.mjs'

const killAfterMs = 5_000
const running = new Map()
const stopping = new AbortController()

/** Aborted once we are told to stop; the reason is the name of the signal. */
export const stop = stopping.signal

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  // Ctrl-C reaches a program on our terminal by itself and once more through
  // this: whoever is told must bear being told twice.
  process.on(signal, () => {
    stopping.abort(signal)
    for (const tell of running.values()) tell(signal)
  })
}

/** Runs a tool to its end and returns what it printed; if it fails, that is shown, with a sentence. */
export async function runQuietly(command, args, { sentence, env = {}, cwd = root }) {
  const child = launch(command, args, {
    cwd,
    env: { ...houseEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: npx, pnpm and next start further processes, and all must end with it.
    detached: true,
  })
  const chunks = []
  child.stdout.on('data', (chunk) => chunks.push(chunk))
  child.stderr.on('data', (chunk) => chunks.push(chunk))
  const code = await exitCode(child)
  if (stop.aborted) throw new Stopped(codeOf(stop.reason))
  const output = Buffer.concat(chunks).toString().trimEnd()
  if (code !== 0) throw new Complaint(`${output}\n\n${sentence}`)
  return output
}

/** Starts a program on our terminal. With `channel` it learns from a closed channel that we are gone, even by `kill -9`. */
export function startOpenly(command, args, { env = {}, channel = false } = {}) {
  return launch(command, args, {
    cwd: root,
    env: { ...houseEnvironment(), ...env },
    stdio: channel ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
  })
}

/** As a shell counts: the program's own code, or 128 and the number of the signal that ended it. */
export function exitCode(child) {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(new Complaint(`${child.spawnfile} could not be started: ${error.message}.`))
    })
    child.once('close', (code, signal) => resolve(code ?? codeOf(signal)))
  })
}

function launch(command, args, options) {
  if (stop.aborted) throw new Stopped(codeOf(stop.reason))
  const child = spawn(command, args, options)
  running.set(child, options.detached ? tellGroup(child) : (signal) => child.kill(signal))
  child.once('close', () => running.delete(child))
  child.once('error', () => running.delete(child))
  return child
}

function tellGroup(child) {
  return (signal) => {
    killGroup(child, signal)
    setTimeout(() => running.has(child) && killGroup(child, 'SIGKILL'), killAfterMs).unref()
  }
}

function killGroup(child, signal) {
  try {
    process.kill(-child.pid, signal)
  } catch {
    // All of them ended in this very moment.
  }
}

function codeOf(signal) {
  return 128 + constants.signals[signal]
}
