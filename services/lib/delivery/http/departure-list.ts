/** What is in a {@link DepartureList}, and leaves it when it wants. */
export class Place<T> {
  #value: T | undefined
  #previous: Place<T> = this
  #next: Place<T> = this

  /** Without `value`: the end of a new list. */
  constructor(value?: T, end?: Place<T>) {
    this.#value = value
    if (end === undefined) return
    this.#previous = end.#previous
    this.#next = end
    end.#previous.#next = this
    end.#previous = this
  }

  get value(): T | undefined {
    return this.#value
  }

  get next(): Place<T> {
    return this.#next
  }

  /** Takes it out of its list. Whoever has left may leave again. */
  leave(): void {
    this.#previous.#next = this.#next
    this.#next.#previous = this.#previous
    this.#value = undefined
    this.#previous = this
    this.#next = this
  }
}

/**
 * A list that its members leave in any order, by the thousand in a second. With a Set for that,
 * which grows a new table after every few that leave, an old table keeps all newer ones alive until
 * the next full collection, with what was in them.
 */
export class DepartureList<T> {
  readonly #end = new Place<T>()

  get isEmpty(): boolean {
    return this.#end.next === this.#end
  }

  add(value: T): Place<T> {
    return new Place(value, this.#end)
  }

  /** Takes all out, the first one first. */
  takeAll(): T[] {
    const values: T[] = []
    for (let place = this.#end.next; place !== this.#end; place = this.#end.next) {
      if (place.value !== undefined) values.push(place.value)
      place.leave()
    }
    return values
  }
}
