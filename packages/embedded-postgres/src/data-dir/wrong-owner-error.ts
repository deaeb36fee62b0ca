import { stat } from 'node:fs/promises'

/** Something in the data folder belongs to another user: no start succeeds before a person has changed that. */
export class WrongOwnerError extends Error {}

/** @throws WrongOwnerError with the remedy; a folder mounted into a container is the usual case */
export async function mustBeOwned(
  path: string,
  dataDir: string,
  { uid, gid } = currentUser(),
): Promise<void> {
  const owner = await stat(path).then(
    (found) => found.uid,
    () => uid,
  )
  // Root may access everything, and starts PostgreSQL as the owner.
  if (owner === uid || uid === 0) return
  throw new WrongOwnerError(
    `${path} belongs to user ${owner}, but this process runs as user ${uid}; as root run "chown -R ${uid}:${gid} ${dataDir}", with the path on the host if the folder is mounted into a container, or set IDEM_DATA_DIR to another folder.`,
  )
}

function currentUser() {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
}
