/** A text that begins like this, spaces aside, may be sent as it is. */
type Exception = { readonly text: RegExp; readonly why: string }

const exceptions: readonly Exception[] = [
  {
    text: /^(explain .*?)?with attempt as /,
    why: 'A batch holds attempts of all owners. A database that distributes rows by owner needs one batch for each shard.',
  },
  {
    text: /^(with border as |select max\(created_at\)::text as youngest )/,
    why: 'Cleaning removes rows of all owners.',
  },
  {
    text: /^(explain .*?)?with step as /,
    why: 'Reconciling reads all rows in steps.',
  },
  {
    text: /^select case when counted\.n <= \$1/,
    why: 'A metric counts all records, up to a limit.',
  },
  { text: /^declare source cursor for /, why: 'A backup reads all rows.' },
  {
    text: /^insert into [\w.]+ select \* from json_populate_recordset/,
    why: 'A restore fills tables that nothing else uses.',
  },
  {
    text: /^(insert into public.deleted_owner|delete from public.todo where owner_id in|select 1 from (public|idem)\.\w+ limit 1$)/,
    why: 'A restore, before anything is served.',
  },
  {
    text: /^(?!.*\b(todo|idempotency_record)\b).*\b(api_key|auth_\w+|invite|passkey|recovery_code|second_factor|sign_in_attempt)\b/,
    why: 'The tables of sign-in are small, and stay on one node.',
  },
  { text: /^select set_config\('statement_timeout'/, why: 'A listing runs on one node.' },
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
