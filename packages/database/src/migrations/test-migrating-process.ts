import { migrate } from './migrate.ts'

// Tests only: the migrations of a start, in a process that can be killed.
const [, , url = '', directory = ''] = process.argv
await migrate({ url, directory })
