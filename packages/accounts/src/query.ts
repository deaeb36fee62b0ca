export type Query = (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>
