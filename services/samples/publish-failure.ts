/** An event was not accepted by the sink. */
export class PublishFailure extends Error {
  override readonly name = 'PublishFailure'
  /** The sink's answer; `undefined` when it gave none. */
  readonly sinkStatus: number | undefined

  constructor(detail: string, sinkStatus: number | undefined, options?: ErrorOptions) {
    super(detail, options)
    this.sinkStatus = sinkStatus
  }

  /** 503 where trying again may help, else 502: the sink does not take such events. */
  get status(): 502 | 503 {
    const { sinkStatus } = this
    return sinkStatus === undefined || sinkStatus === 429 || sinkStatus >= 500 ? 503 : 502
  }
}
