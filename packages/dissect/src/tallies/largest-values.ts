import quickselect from 'quickselect';

/** Keeps the largest of all values it is given, as many as it may, in no order: in all O(1) a value. */
export class LargestValues {
  readonly capacity: number;
  /** No value up to this one can be among the largest any more. Grows now and then. */
  bound = Number.NEGATIVE_INFINITY;
  #values: Float32Array;
  #length = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#values = new Float32Array(Math.min(capacity, 64));
  }

  push(value: number): void {
    if (!(value > this.bound)) return;
    if (this.#length === this.#values.length) this.#makeRoom();
    // Making room may have raised the bound.
    if (value > this.bound) this.#values[this.#length++] = value;
  }

  /** The largest values, falling. */
  sorted(): Float32Array {
    const sorted = this.#values.slice(0, this.#length).sort().reverse();
    return sorted.subarray(0, this.capacity);
  }

  /** Half as many again are held before the smallest are sorted out. */
  #makeRoom(): void {
    const most = Math.ceil(1.5 * this.capacity) + 1;
    if (this.#length < most) {
      const larger = new Float32Array(Math.min(most, 2 * this.#length));
      larger.set(this.#values);
      this.#values = larger;
      return;
    }
    quickselect(this.#values as unknown as number[], this.capacity - 1, 0, this.#length - 1, falling);
    this.#length = this.capacity;
    this.bound = this.#values[this.capacity - 1]!;
  }
}

const falling = (a: number, b: number) => b - a;
