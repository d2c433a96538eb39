/** What a subscriber answered when a delivery was given up. */
export interface FailedAnswer {
  readonly status?: number
  /** The first 1024 bytes of the body, in base64. */
  readonly dataBase64?: string
  readonly extensions?: Readonly<Record<string, string>>
}
