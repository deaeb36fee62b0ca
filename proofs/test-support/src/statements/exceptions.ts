/** A text that begins like this, spaces aside, may be sent as it is. */
type Exception = { readonly text: RegExp; readonly why: string }

const exceptions: readonly Exception[] = [
  {
    text: /^(explain .*?)?with attempt as /,
    why: 'A batch holds attempts of all owners. A database that distributes rows by owner needs one batch for each shard.',
  },
  {
    text: /^begin isolation level read committed; ?insert into .*?\bidempotency_record/,
    why: 'The claim reads the window of its key.',
  },
  {
    text: /^(explain .*?)?insert into "[^.]*"\.(idempotency_record|installation) /,
    why: 'The claim, or the decision about a key, reads the window of that key.',
  },
  { text: /^with border as /, why: 'Cleaning removes rows of all owners.' },
  {
    text: /^(explain .*?)?with step as /,
    why: 'Reconciling, and removing a deleted account, read all rows in steps.',
  },
  { text: /^declare source cursor for /, why: 'A backup reads all rows.' },
  {
    text: /^insert into [\w.]+ select \* from json_populate_recordset/,
    why: 'A restore fills tables that nothing else uses.',
  },
  {
    text: /^(insert into public.deleted_owner|delete from public.todo where owner_id in|select from (public|idem)\.\w+ limit 1$)/,
    why: 'A restore, before anything is served.',
  },
  { text: /^with finished as /, why: 'The log of migrations.' },
  { text: /^select pg_try_advisory_lock/, why: 'The lock of migrations.' },
  { text: /^begin.*;select from \(values \(1\)\) as one where pg_backend_pid/, why: 'No table.' },
  { text: /^select set_config\('(lock|statement)_timeout'/, why: 'Migrations, and listings.' },
  { text: /^select from todo where owner_id = \$1/, why: 'A change locks its todo.' },
  ...ofTests([
    // Of test effects, which are called like those of the product.
    /\b(effect|post|"Post"|counter)\b/,
    /^select$|;select$|set_config\('app\.user'/,
    // Prisma calls the driver from a queue, so the stack does not show that a test called it.
    /WHERE 1=1/,
    // Behind a pooler the pool's own client sends it.
    /^select count\(\*\)::int as n from todo$/,
    /^(update|insert into) todo (set|select|\(owner_id, id, title, created_at, updated_at\) select)/,
    /^(select [\w, ]+ from|update) idempotency_record( set created_at|$)/,
  ]),
]

function ofTests(texts: readonly RegExp[]): Exception[] {
  return texts.map((text) => ({ text, why: 'A test sends it through the effect of an attempt.' }))
}

/** Why the statement may be sent as it is; undefined when it may not. */
export function exceptionFor(sql: string): string | undefined {
  const text = sql.replaceAll(/\s+/g, ' ').trim()
  return exceptions.find((each) => each.text.test(text))?.why
}
