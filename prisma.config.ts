// A plain object: `defineConfig` would make the root depend on Prisma, which only packages/database does.
export default {
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
}
