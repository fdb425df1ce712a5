// How is a delivery run in a process of its own? Its request comes over IPC; each step, then the answer or the error, go back.
import { PipelineError } from '../../layers/errors'
import { openLake } from '../../layers/lake'
import { deliverAll, type Refusal } from './all'
import type { Delivery } from './deliver'
import { deliverRequest } from './request'

export interface DeliveryOrder {
  /** As `LAKE_URL`. */
  lakeUrl: string
  /** An event of deliver-quarter. */
  event: unknown
}

export type DeliveryMessage =
  | { type: 'step'; step: string }
  | { type: 'done'; results: (Delivery | Refusal)[]; seconds: number; peakRssMb: number }
  | { type: 'failed'; code: string | undefined; message: string; remedy: string | undefined }

const tell = (message: DeliveryMessage) => process.send?.(message)

async function run({ lakeUrl, event }: DeliveryOrder): Promise<void> {
  const parsed = deliverRequest.safeParse(event)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new PipelineError('EVENT_INVALID', `${issue.path.join('.')}: ${issue.message}`)
  }
  const startedAt = performance.now()
  const results = await deliverAll(parsed.data, {
    lake: openLake(lakeUrl),
    now: Date.now(),
    say: step => tell({ type: 'step', step })
  })
  // kibibytes on every platform (libuv, uv_getrusage)
  const peakRssMb = Math.round(process.resourceUsage().maxRSS / 1024)
  tell({ type: 'done', results, seconds: Number(((performance.now() - startedAt) / 1000).toFixed(3)), peakRssMb })
}

process.once('message', (order: DeliveryOrder) => {
  run(order)
    .catch((error: Error & Partial<PipelineError>) =>
      tell({ type: 'failed', code: error.code, message: error.message, remedy: error.remedy })
    )
    .finally(() => process.disconnect())
})
