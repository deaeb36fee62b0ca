import type { Admission } from '@idem/api/admission'
import { Counter, Gauge, type Registry } from 'prom-client'

export type AdmissionCounts = Pick<Admission, 'inProgress' | 'refused'>

const classes = ['write', 'read', 'search'] as const

/** Reads requests in progress and refused requests at each scrape, by class. */
export function admissionMetrics(
  registry: Registry,
  { inProgress, refused }: AdmissionCounts,
): void {
  new Gauge({
    name: 'idem_requests_in_progress',
    help: 'Calls in progress, by class. Beyond the limit of its class a request is refused with 503.',
    labelNames: ['class'],
    registers: [registry],
    collect() {
      for (const each of classes) this.set({ class: each }, inProgress(each))
    },
  })
  new Counter({
    name: 'idem_requests_refused_total',
    help: 'Requests refused with 503 before they began, because the server was full or their caller had its share, by class.',
    labelNames: ['class'],
    registers: [registry],
    collect() {
      this.reset()
      for (const each of classes) this.inc({ class: each }, refused(each))
    },
  })
}
