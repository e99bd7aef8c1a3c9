const NAMESPACE = '/api/v1/namespaces/default'
const RETENTION = `${30 * 24 * 3600}s`
const ANSWER_MS = 5_000

/**
 * The few calls the supervisor makes to its own server, over the server's HTTP API: it needs no gRPC library for them, which
 * keeps its start short and its memory small.
 */
export class ServerHttp {
  readonly #base: string

  constructor(port: number) {
    this.#base = `http://127.0.0.1:${port}${NAMESPACE}`
  }

  /** The number of runs that have not ended; throws when the server does not answer. */
  async countOpenRuns(): Promise<number> {
    const { count } = await this.#get('workflow-count', { query: `ExecutionStatus='Running'` })
    return Number(count ?? 0)
  }

  /** The IDs of the runs that have not ended, newest first, a hundred at most. */
  async listOpenRuns(): Promise<string[]> {
    const { executions } = await this.#get('workflows', { query: `ExecutionStatus='Running'`, pageSize: '100' })
    if (!Array.isArray(executions)) return []
    return (executions as { execution?: { workflowId?: string } }[]).flatMap(({ execution }) => execution?.workflowId ?? [])
  }

  /** A successful call that touches the database and our own search attributes: only then is a server of use. */
  async answers(): Promise<boolean> {
    try {
      await this.#get('workflow-count', { query: `OnclockRunId='none'` })
      return true
    } catch {
      return false
    }
  }

  /** The server's default is one day. */
  async keepHistory(): Promise<void> {
    const { config } = await this.#get('', {})
    if ((config as { workflowExecutionRetentionTtl?: string } | undefined)?.workflowExecutionRetentionTtl === RETENTION) return
    const body = JSON.stringify({ config: { workflowExecutionRetentionTtl: RETENTION } })
    await this.#call(`${this.#base}/update`, { method: 'POST', body })
  }

  async #get(path: string, query: Record<string, string>): Promise<Record<string, unknown>> {
    const search = new URLSearchParams(query).toString()
    return this.#call(`${this.#base}${path === '' ? '' : `/${path}`}${search === '' ? '' : `?${search}`}`, {})
  }

  async #call(url: string, init: RequestInit): Promise<Record<string, unknown>> {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS) })
    const text = await response.text()
    if (!response.ok) throw new Error(`the server answered ${response.status}: ${text.slice(0, 300)}`)
    return JSON.parse(text) as Record<string, unknown>
  }
}
