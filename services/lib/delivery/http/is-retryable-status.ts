/**
 * Whether an answer that is no success is worth another attempt (Knative data plane, "Event
 * Acknowledgement and Delivery Retry"; 408 as Knative's Brokers have it).
 */
export function isRetryableStatus(status: number): boolean {
  return status >= 500 || status === 404 || status === 408 || status === 409 || status === 429
}
