import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { root, toolEnvironment } from '../workspace.mjs'
import { Stopped, UserError } from './user-error.mjs'

const killAfterMs = 5_000
const running = new Map()
const stopping = new AbortController()

/** Aborts at the first stop signal; the reason is the name of the signal. */
export const stop = stopping.signal

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  // Ctrl-C reaches a program on our terminal directly and again through this
  // listener: children must tolerate the same signal twice.
  process.on(signal, () => {
    stopping.abort(signal)
    for (const send of running.values()) send(signal)
  })
}

/** Runs a tool to its end and returns its output; a failure is a UserError with the output and the sentence. */
export async function runTool(command, args, { sentence, env = {}, cwd = root }) {
  const child = launch(command, args, {
    cwd,
    env: { ...toolEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: npx, pnpm and next start further processes, and all must end with it.
    detached: true,
  })
  const chunks = []
  child.stdout.on('data', (chunk) => chunks.push(chunk))
  child.stderr.on('data', (chunk) => chunks.push(chunk))
  const code = await exitCode(child)
  if (stop.aborted) throw new Stopped(codeOf(stop.reason))
  const output = Buffer.concat(chunks).toString().trimEnd()
  if (code !== 0) throw new UserError(`${output}\n\n${sentence}`)
  return output
}

/** Starts a program on our terminal. With `channel` it learns from the closed channel that this process ended, even by `kill -9`. */
export function startOnTerminal(command, args, { env = {}, channel = false } = {}) {
  return launch(command, args, {
    cwd: root,
    env: { ...toolEnvironment(), ...env },
    stdio: channel ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
  })
}

/** The exit code as a shell reports it: the program's own, or 128 plus the number of the signal. */
export function exitCode(child) {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(new UserError(`${child.spawnfile} could not be started: ${error.message}.`))
    })
    child.once('close', (code, signal) => resolve(code ?? codeOf(signal)))
  })
}

function launch(command, args, options) {
  if (stop.aborted) throw new Stopped(codeOf(stop.reason))
  const child = spawn(command, args, options)
  running.set(child, options.detached ? signalGroup(child) : (signal) => child.kill(signal))
  child.once('close', () => running.delete(child))
  child.once('error', () => running.delete(child))
  return child
}

function signalGroup(child) {
  return (signal) => {
    killGroup(child, signal)
    setTimeout(() => running.has(child) && killGroup(child, 'SIGKILL'), killAfterMs).unref()
  }
}

function killGroup(child, signal) {
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The process group ended at this moment.
  }
}

function codeOf(signal) {
  return 128 + constants.signals[signal]
}
