import type { Limits } from '@idem/operations/limits'
import { Counter, Gauge, type Registry } from 'prom-client'

/** Reads the work for each node of a distributed database at each scrape. Other databases have none. */
export function nodeMetrics(registry: Registry, ofNodes: Limits['ofNodes']): void {
  const each = (set: (labels: Labels, counts: Counts) => void) => {
    for (const { node, kinds } of ofNodes()) {
      for (const [kind, counts] of Object.entries(kinds)) set({ node, kind }, counts)
    }
  }
  new Gauge({
    name: 'idem_node_work',
    help: 'Batches, transactions and reads for a node of a distributed database: in progress, and waiting for a connection.',
    labelNames: ['node', 'kind', 'state'],
    registers: [registry],
    collect() {
      // A node may have left.
      this.reset()
      each((labels, { running, waiting }) => {
        this.set({ ...labels, state: 'in_progress' }, running)
        this.set({ ...labels, state: 'waiting' }, waiting)
      })
    },
  })
  new Counter({
    name: 'idem_node_refused_total',
    help: 'Batches, transactions and reads refused at once, because their node of a distributed database did not respond to others.',
    labelNames: ['node', 'kind'],
    registers: [registry],
    collect() {
      this.reset()
      each((labels, { refused }) => this.inc(labels, refused))
    },
  })
}

type Labels = { readonly node: string; readonly kind: string }
type Counts = ReturnType<Limits['ofNodes']>[number]['kinds']['reads']
