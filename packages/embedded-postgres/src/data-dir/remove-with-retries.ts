import { rm } from 'node:fs/promises'

/**
 * Removes a folder that an initdb may still write to: initdb outlives a killed
 * parent, and files it adds during the removal make the removal fail. Retries
 * for some seconds; initdb soon exits once its folders are gone.
 */
export async function removeWithRetries(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}
