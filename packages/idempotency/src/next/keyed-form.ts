import { hash } from 'node:crypto'

const keyField = 'idempotencyKey'
/** Next adds fields of its own. Those of a page without JavaScript contain the state. */
const ownFields = '$ACTION_'

type Field = readonly [name: string, values: readonly unknown[]]

/** The key of a form, and its other fields in a form that compares: by name, and by their order under one name. */
export async function keyedForm(form: FormData): Promise<{ key: string; fields: Field[] }> {
  const names = [...new Set(form.keys())].filter(isInput).sort()
  const fields = names.map(
    async (name): Promise<Field> => [name, await Promise.all(form.getAll(name).map(comparable))],
  )
  return { key: String(form.get(keyField) ?? ''), fields: await Promise.all(fields) }
}

function isInput(name: string): boolean {
  return name !== keyField && !name.startsWith(ownFields)
}

/** A file counts by its name, type and content, which Next has read into memory already. */
async function comparable(value: string | File): Promise<unknown> {
  if (typeof value === 'string') return value
  const content = hash('sha256', new Uint8Array(await value.arrayBuffer()))
  return [value.name, value.type, content]
}
