import { ignorable } from '../ignorable.ts'

/** The name of a database is this and the name of its outbox. */
export const databasePrefix = 'idem-outbox-'

export function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return ignorable(
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    }),
  )
}
