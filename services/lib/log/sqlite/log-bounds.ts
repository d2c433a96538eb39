/** The start and end of one log, shared by all threads. */
export class LogBounds {
  /** What to send to another thread. */
  readonly cells: BigInt64Array

  constructor(cells: BigInt64Array = new BigInt64Array(new SharedArrayBuffer(16))) {
    this.cells = cells
  }

  /** The first offset still kept. */
  get start(): number {
    return Number(Atomics.load(this.cells, 0))
  }

  set start(offset: number) {
    Atomics.store(this.cells, 0, BigInt(offset))
  }

  /** One above the last offset that is committed. */
  get end(): number {
    return Number(Atomics.load(this.cells, 1))
  }

  set end(offset: number) {
    Atomics.store(this.cells, 1, BigInt(offset))
  }
}
