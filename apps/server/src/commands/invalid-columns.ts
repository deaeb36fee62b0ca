import { Title, TodoId } from '@idem/contract/todo'
import type { InvalidColumns } from '@idem/database/backup/read-backup'
import { keyForm } from '@idem/idempotency/server'
import { z } from 'zod'

/**
 * The columns of a backup's row that break the contract. The file may come from anywhere, and clients trust
 * each todo and replay each answer that it brings. Columns of other releases are not checked.
 */
export const invalidColumns: InvalidColumns = (table, row) => {
  const { error } = rows[table].safeParse(row)
  return (error?.issues ?? []).map(({ path }) => path.join('.') || 'the whole row')
}

const Time = z.iso.datetime({ offset: true })
const Id = z.string().min(1)
const Owner = z.string().min(1)
const Key = z.string().regex(keyForm)
const Hash = z.stringFormat('hash', /^[0-9a-f]{64}$/)
const Bytes = z.stringFormat('bytes', /^\\x([0-9a-f]{2})+$/)
const Json = z.string().refine(isJson)

const rows: Readonly<Record<Parameters<InvalidColumns>[0], z.ZodType>> = {
  installation: z.object({
    id: z.literal(1),
    ledger_epoch: z.guid(),
    forgotten_before: Time,
    installation_id: z.guid(),
    requires: z.array(z.string()),
  }),
  todo: z.object({
    owner_id: Owner,
    id: TodoId,
    title: Title,
    completed: z.boolean(),
    version: z.int32().min(1),
    created_key: Key.nullable(),
    created_at: Time,
    updated_at: Time,
    deleted_at: Time.nullable(),
  }),
  idempotency_record: z
    .object({
      owner_id: Owner,
      key: Key,
      operation: z.string().nullable(),
      fingerprint: z.stringFormat('fingerprint', /^\\x[0-9a-f]{64}$/).nullable(),
      answer: Json.nullable(),
      refusal: Json.nullable(),
      status: z.int().min(100).max(599).nullable(),
      cancelled: z.boolean(),
      created_at: Time,
    })
    // One of them, and without a cancellation the input that later attempts are compared with.
    .refine(({ answer, refusal, cancelled, operation, fingerprint }) => {
      const outcomes = [answer !== null, refusal !== null, cancelled].filter(Boolean)
      return outcomes.length === 1 && (cancelled || (operation !== null && fingerprint !== null))
    }),
  auth_user: z.object({ id: Id, owner: Owner, email: z.email() }),
  auth_account: z.object({ id: Id, user_id: Id, password: z.string().nullable() }),
  api_key: z.object({
    id: Id,
    hash: Hash,
    user_id: Id,
    name: z.string(),
    expires_at: Time.nullable(),
  }),
  second_factor: z.object({ user_id: Id, totp: z.string().nullable(), totp_step: z.int() }),
  passkey: z.object({ id: Id, user_id: Id, name: z.string(), public_key: Bytes, counter: z.int() }),
  recovery_code: z.object({ hash: Hash, user_id: Id }),
  deleted_owner: z.object({ owner: Owner, deleted_at: Time }),
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
