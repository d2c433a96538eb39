/** The request is the sender's mistake, and sending it again would not help. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
  readonly status: number

  constructor(detail: string, status = 400, options?: ErrorOptions) {
    super(detail, options)
    this.status = status
  }
}
