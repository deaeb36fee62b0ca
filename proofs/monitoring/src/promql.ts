import { parser } from '@prometheus-io/lezer-promql'

export type Selector = { readonly metric: string; readonly labels: readonly string[] }

export type Expression = {
  /** Syntax errors; empty for a valid expression. */
  readonly mistakes: readonly string[]
  readonly selectors: readonly Selector[]
  /** The labels for grouping and matching. */
  readonly grouping: readonly string[]
}

/** Reads an expression with Prometheus' own grammar. */
export function readPromql(text: string): Expression {
  const mistakes: string[] = []
  const grouping: string[] = []
  const selectors: { metric: string; labels: string[] }[] = []
  parser.parse(text).iterate({
    enter({ type, from, to, node }) {
      const words = text.slice(from, to)
      const parent = node.parent?.name ?? ''
      if (type.isError) mistakes.push(`at ${from}: ${words || 'something is missing'}`)
      if (type.name === 'Identifier' && parent === 'VectorSelector') {
        selectors.push({ metric: words, labels: [] })
      }
      if (type.name !== 'LabelName') return
      if (parent === 'GroupingLabels') grouping.push(words)
      else selectors.at(-1)?.labels.push(words)
    },
  })
  return { mistakes, selectors, grouping }
}
