import { rm } from 'node:fs/promises'

/**
 * Removes a folder that an initdb may still be writing to: it outlives the process
 * that started it and was killed, and what it adds meanwhile makes a removal fail.
 * Tried again for some seconds; without its folders initdb soon gives up.
 */
export async function removeStubborn(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}
