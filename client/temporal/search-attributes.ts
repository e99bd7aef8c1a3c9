import type { Client } from '@temporalio/client'
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  type TypedSearchAttributes,
  type SearchAttributePair,
} from '@temporalio/common'
import type { RunFacts } from './run-description.ts'

const NAMES = ['OnclockPipeline', 'OnclockRunId', 'OnclockStatus', 'OnclockFailedStages'] as const
const ATTRIBUTE_LIMIT = 100

const pipelineKey = defineSearchAttributeKey('OnclockPipeline', SearchAttributeType.KEYWORD)
const runIdKey = defineSearchAttributeKey('OnclockRunId', SearchAttributeType.KEYWORD)
const statusKey = defineSearchAttributeKey('OnclockStatus', SearchAttributeType.KEYWORD)

/** What runs are searched by from their start on; the workflow adds how it ended. */
export function searchAttributesOf(facts: RunFacts): TypedSearchAttributes | SearchAttributePair[] {
  return [
    { key: pipelineKey, value: facts.pipeline.slice(0, ATTRIBUTE_LIMIT) },
    { key: runIdKey, value: facts.runId },
    { key: statusKey, value: 'running' },
  ]
}

/**
 * Whether the namespace knows our attributes: an upsert of one it does not know would leave the run running for ever. Those
 * of the embedded server are registered when it starts; elsewhere it is a matter of whoever runs the cluster.
 */
export async function knowsOurAttributes(client: Client): Promise<boolean> {
  try {
    const known = await client.withDeadline(Date.now() + 5000, () =>
      client.connection.operatorService.listSearchAttributes({ namespace: client.options.namespace }),
    )
    return NAMES.every((name) => Object.hasOwn(known.customAttributes ?? {}, name))
  } catch {
    return false
  }
}
