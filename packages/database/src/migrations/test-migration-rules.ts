import { type Constraint, type Node, parse } from 'libpg-query'

/** Each kind of statement that blocks requests, or breaks the release that still serves. */
export const rules = {
  drop: 'The previous release uses it. Drop it one release after the last one that does, and name the migration in `exceptions`.',
  rename: 'The previous release knows only the old name. Add the new one beside it.',
  required:
    'The previous release writes rows without it. Add it nullable, or with a constant default.',
  column_type:
    'It rewrites the table under a lock. Add a column of the new type beside the old one.',
  rewrite: 'A default that is computed for each row rewrites the table under a lock.',
  index_under_lock: 'It blocks writes until the index is built. Build it concurrently.',
  not_alone:
    'It runs outside a transaction, or keeps a lock for long. Give it a migration of its own.',
  not_valid:
    'It reads the whole table under a lock. Add the constraint `not valid`, and validate it in a later migration.',
  restriction:
    'The previous release may write rows that it refuses. Name the migration in `exceptions` with the reason why it does not.',
  rows: 'It locks and rewrites rows while requests wait. Fill them in small batches outside a migration.',
  time_out:
    'The runner sets the time-outs of a migration, so that requests do not queue behind it.',
  unknown: 'No rule says that this is harmless. Add one with an example.',
} as const

export type Rule = keyof typeof rules

export type Finding = { readonly rule: Rule; readonly statement: string }

/** The statements of a migration that a rolling upgrade does not bear. */
export async function findingsIn(sql: string): Promise<Finding[]> {
  const { stmts = [] } = await parse(sql)
  const bytes = Buffer.from(sql)
  const statements = stmts.flatMap(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
    const end = length === undefined ? bytes.length : from + length
    return stmt === undefined ? [] : [{ stmt, text: bytes.subarray(from, end).toString().trim() }]
  })
  const around = {
    isAlone: statements.length === 1,
    created: new Set(statements.flatMap(({ stmt }) => createdBy(stmt))),
  }
  return statements.flatMap(({ stmt, text }) =>
    brokenBy(stmt, around).map((rule) => ({ rule, statement: text })),
  )
}

type Around = {
  readonly isAlone: boolean
  /** The tables that this migration creates: they are empty, and the previous release does not know them. */
  readonly created: ReadonlySet<string>
}

type Table = { readonly relname?: string } | undefined

function createdBy(stmt: Node): string[] {
  return 'CreateStmt' in stmt ? [nameOf(stmt.CreateStmt.relation)] : []
}

function nameOf(table: Table): string {
  return table?.relname ?? ''
}

/** A statement that no line of this names is reported, so that the list of harmless ones is closed. */
function brokenBy(stmt: Node, around: Around): Rule[] {
  const isNew = (table: Table) => around.created.has(nameOf(table))
  if ('CreateStmt' in stmt) return brokenByColumns(stmt.CreateStmt.tableElts, isNew)
  if ('IndexStmt' in stmt) {
    const { relation, concurrent, unique } = stmt.IndexStmt
    if (isNew(relation)) return []
    if (concurrent !== true) return ['index_under_lock']
    return [...alone(around), ...(unique === true ? (['restriction'] as const) : [])]
  }
  if ('DropStmt' in stmt) {
    if (stmt.DropStmt.removeType !== 'OBJECT_INDEX') return ['drop']
    return stmt.DropStmt.concurrent === true ? alone(around) : ['index_under_lock']
  }
  if ('RenameStmt' in stmt) return ['rename']
  if ('InsertStmt' in stmt) return isNew(stmt.InsertStmt.relation) ? [] : ['rows']
  if ('UpdateStmt' in stmt || 'DeleteStmt' in stmt) return ['rows']
  if ('VariableSetStmt' in stmt) return ['time_out']
  if ('AlterTableStmt' in stmt) {
    const { relation, cmds = [] } = stmt.AlterTableStmt
    return isNew(relation) ? [] : cmds.flatMap((command) => brokenByChange(command, around))
  }
  return ['unknown']
}

function alone({ isAlone }: Around): Rule[] {
  return isAlone ? [] : ['not_alone']
}

/** A new table locks only the tables that it references. */
function brokenByColumns(columns: readonly Node[] = [], isNew: (table: Table) => boolean): Rule[] {
  const constraints = columns.flatMap((column) => {
    if ('Constraint' in column) return [column.Constraint]
    return 'ColumnDef' in column ? constraintsOf(column.ColumnDef.constraints) : []
  })
  const foreign = constraints.filter(({ pktable }) => pktable !== undefined && !isNew(pktable))
  return foreign.map(() => 'not_valid' as const)
}

function constraintsOf(nodes: readonly Node[] = []): Constraint[] {
  return nodes.flatMap((node) => ('Constraint' in node ? [node.Constraint] : []))
}

function brokenByChange(command: Node, around: Around): Rule[] {
  if (!('AlterTableCmd' in command)) return ['unknown']
  const { subtype = 'AT_ReAddIndex', def } = command.AlterTableCmd
  if (subtype === 'AT_AddColumn') {
    return def !== undefined && 'ColumnDef' in def
      ? brokenByNewColumn(constraintsOf(def.ColumnDef.constraints))
      : ['unknown']
  }
  if (subtype === 'AT_AddConstraint') {
    return def !== undefined && 'Constraint' in def
      ? brokenByConstraint(def.Constraint)
      : ['unknown']
  }
  if (subtype === 'AT_ValidateConstraint') return alone(around)
  // Without an expression it drops the default.
  if (subtype === 'AT_ColumnDefault') return def === undefined ? ['required'] : []
  return ofSubtype[subtype] ?? ['unknown']
}

/** Changes of a table whose rule does not depend on anything else. */
const ofSubtype: Partial<Record<string, Rule[]>> = {
  AT_DropColumn: ['drop'],
  AT_DropConstraint: ['drop'],
  AT_AlterColumnType: ['column_type'],
  AT_SetNotNull: ['required'],
  // These change only the catalog.
  AT_DropNotNull: [],
  AT_SetRelOptions: [],
  AT_ResetRelOptions: [],
}

function brokenByNewColumn(constraints: readonly Constraint[]): Rule[] {
  const kinds = new Set(constraints.map(({ contype }) => contype))
  const expression = constraints.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr
  const isRequired = kinds.has('CONSTR_NOTNULL') && expression === undefined
  return [
    ...(isRequired ? (['required'] as const) : []),
    ...(expression !== undefined && !isConstant(expression) ? (['rewrite'] as const) : []),
    ...constraints.flatMap((constraint) => ofNewColumn[constraint.contype ?? ''] ?? []),
  ]
}

const ofNewColumn: Partial<Record<string, Rule[]>> = {
  CONSTR_PRIMARY: ['index_under_lock'],
  CONSTR_UNIQUE: ['index_under_lock'],
  CONSTR_CHECK: ['not_valid'],
  CONSTR_FOREIGN: ['not_valid'],
  CONSTR_GENERATED: ['rewrite'],
  CONSTR_IDENTITY: ['rewrite'],
}

/** A literal, perhaps with a type: PostgreSQL stores it once, and rewrites nothing. */
function isConstant(expression: Node): boolean {
  if ('TypeCast' in expression) {
    const { arg } = expression.TypeCast
    return arg !== undefined && isConstant(arg)
  }
  return 'A_Const' in expression
}

function brokenByConstraint({ contype, skip_validation, indexname }: Constraint): Rule[] {
  const isIndex = contype === 'CONSTR_UNIQUE' || contype === 'CONSTR_PRIMARY'
  if (isIndex) return indexname === undefined ? ['index_under_lock'] : ['restriction']
  if (contype !== 'CONSTR_CHECK' && contype !== 'CONSTR_FOREIGN') return ['unknown']
  return [...(skip_validation === true ? [] : (['not_valid'] as const)), 'restriction']
}
