export { type DrizzleLike, drizzleAdapter } from '../drizzle/drizzle-adapter.ts'
