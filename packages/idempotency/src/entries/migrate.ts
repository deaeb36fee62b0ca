export { checkRequirements, knownRequirements } from '../migrate/check-requirements.ts'
export { type Migrated, type MigrateOptions, migrate } from '../migrate/migrate.ts'
export { tableSteps } from '../migrate/table-steps.ts'
export { tableVersion } from '../migrate/table-version.ts'
