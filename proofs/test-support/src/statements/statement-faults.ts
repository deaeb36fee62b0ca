import { type Node, type ParseResult, parse } from 'libpg-query'

/** Each property of a statement that a database refuses or does badly when it distributes rows by owner. */
export const faults = {
  insert_select:
    'Its rows are copied through one node and committed in two phases, and its count includes rows that met a conflict. Insert values.',
  modifying_cte: 'It is refused, or committed in two phases. Send two statements.',
  volatile_change:
    'An update or delete with a volatile function is refused. Use statement_timestamp(), or bind a value.',
  set_config: 'It sets only the node that the client is connected to. Use `set local`.',
  empty_target_list: 'It is refused when it reaches several nodes. Select 1.',
  without_owner:
    'It reads or writes rows of all owners, so it reaches every node. Add `owner_id =` and a value.',
} as const

export type Fault = keyof typeof faults

/** The tables whose rows are distributed by owner. */
const ownersTables: ReadonlySet<string> = new Set(['todo', 'idempotency_record'])

/** Those that this product could call; none of them may be called for each row. */
const volatileFunctions: ReadonlySet<string> = new Set([
  'clock_timestamp',
  'gen_random_uuid',
  'nextval',
  'pg_sleep',
  'random',
  'set_config',
  'timeofday',
])

/** The faults of each statement in this text; none in a text that PostgreSQL cannot parse. */
export async function faultsIn(sql: string): Promise<Fault[]> {
  const { stmts = [] } = await parse(sql).catch((): ParseResult => ({}))
  return [...new Set(stmts.flatMap(({ stmt }) => (stmt === undefined ? [] : faultsOf(stmt))))]
}

function faultsOf(statement: Node): Fault[] {
  const nodes = nodesIn(statement)
  const found = nodes.flatMap(({ type, node }): Fault[] => faultsOfNode[type]?.(node) ?? [])
  return isOfOwner(nodes) ? found : [...found, 'without_owner']
}

/** A node of the syntax tree: what it has depends on its type. */
type Parsed = Readonly<Record<string, unknown>>
type Typed = { readonly type: string; readonly node: Parsed }

const faultsOfNode: Readonly<Record<string, (node: Parsed) => Fault[]>> = {
  InsertStmt: ({ selectStmt }) => {
    const { SelectStmt: source } = (selectStmt ?? {}) as Parsed
    return source === undefined || 'valuesLists' in Object(source) ? [] : ['insert_select']
  },
  CommonTableExpr: ({ ctequery }) => {
    const [kind = ''] = Object.keys(Object(ctequery))
    return changes.has(kind) ? ['modifying_cte'] : []
  },
  UpdateStmt: (node) => (callsVolatile(node) ? ['volatile_change'] : []),
  DeleteStmt: (node) => (callsVolatile(node) ? ['volatile_change'] : []),
  FuncCall: (node) => (functionOf(node) === 'set_config' ? ['set_config'] : []),
  SelectStmt: ({ targetList, valuesLists, op }) => {
    const isPlain = valuesLists === undefined && (op === undefined || op === 'SETOP_NONE')
    return isPlain && targetList === undefined ? ['empty_target_list'] : []
  },
}

const changes: ReadonlySet<string> = new Set([
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
])

function callsVolatile(change: Parsed): boolean {
  return nodesIn(change).some(
    ({ type, node }) => type === 'FuncCall' && volatileFunctions.has(functionOf(node)),
  )
}

function functionOf({ funcname }: Parsed): string {
  return nameOf((funcname as unknown[]).at(-1))
}

/** Each statement inside has the condition, so each of them is sent to one node. An insert names its owner among the values. */
function isOfOwner(nodes: readonly Typed[]): boolean {
  return nodes.every(({ type, node }) => {
    if (type === 'InsertStmt') return !isOwners(node.relation) || namesOwner(node.cols)
    const relations = { UpdateStmt: node.relation, DeleteStmt: node.relation, SelectStmt: null }
    if (!(type in relations)) return true
    const from = nodesIn({ from: node.fromClause ?? node.usingClause ?? [] }, withoutSelects)
    const tables = [relations[type as keyof typeof relations], ...from.map(tableOf)]
    if (!tables.some(isOwners)) return true
    const conditions = nodesIn({ where: node.whereClause, from: node.fromClause }, withoutSelects)
    return conditions.some(comparesOwner)
  })
}

const withoutSelects = (type: string) => type !== 'SelectStmt'

function tableOf({ type, node }: Typed): unknown {
  return type === 'RangeVar' ? node : undefined
}

function isOwners(table: unknown): boolean {
  return ownersTables.has(String(Object(table).relname))
}

function namesOwner(columns: unknown): boolean {
  return JSON.stringify(columns ?? []).includes('"owner_id"')
}

/** `owner_id = $1`, a value or a parameter, perhaps with a type. */
function comparesOwner({ type, node }: Typed): boolean {
  if (type !== 'A_Expr' || !JSON.stringify(node.name).includes('"="')) return false
  const sides = [node.lexpr, node.rexpr].map((side) => JSON.stringify(side ?? {}))
  const isValue = (side: string) => /ParamRef|A_Const/.test(side) && !side.includes('ColumnRef')
  return sides.some((side) => side.includes('"owner_id"')) && sides.some(isValue)
}

function nameOf(part: unknown): string {
  return String(Object(part).String?.sval ?? '')
}

const isSide = /^[lr]arg$/

/** All nodes below a value, not those inside a node whose type `enters` declines. */
function nodesIn(value: unknown, enters: (type: string) => boolean = () => true): Typed[] {
  if (Array.isArray(value)) return value.flatMap((each) => nodesIn(each, enters))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, node]): Typed[] => {
    // The sides of a union are selects without the name of their type.
    const type = isSide.test(name) && 'limitOption' in Object(node) ? 'SelectStmt' : name
    const isNode = /^[A-Z]/.test(type)
    if (isNode && !enters(type)) return []
    const below = nodesIn(node, enters)
    return isNode ? [{ type, node: node as Parsed }, ...below] : below
  })
}
