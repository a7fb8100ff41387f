/** Numbers for open files and directories: small, never 0, and not used again soon. */
import { P2pfsError } from "../base/errors.ts";
import { OPEN_HANDLES_MAX } from "../base/limits.ts";

/** The largest number a 32-bit signed handle can be, which is what fuse-native carries. */
const HANDLE_NUMBER_MAX = 0x7fff_ffff;

/** The handles of one mount. */
export class HandleTable<T> {
  readonly #max: number;
  readonly #handles = new Map<number, T>();
  /** Handles of an earlier process whose bytes are gone. */
  readonly #lost = new Set<number>();
  #last: number;

  /** @param last where counting goes on */
  constructor(max: number = OPEN_HANDLES_MAX, last = 0) {
    this.#max = max;
    this.#last = last;
  }

  get size(): number {
    return this.#handles.size;
  }

  /** @throws P2pfsError TOO_MANY_OPEN */
  add(make: (number: number) => T): T {
    if (this.#handles.size >= this.#max)
      throw new P2pfsError("TOO_MANY_OPEN", `more than ${this.#max} files of the mount are open`);
    do {
      this.#last = this.#last === HANDLE_NUMBER_MAX ? 1 : this.#last + 1;
    } while (this.#handles.has(this.#last));
    const handle = make(this.#last);
    this.#handles.set(this.#last, handle);
    return handle;
  }

  /** Gives a handle of an earlier process its number back. */
  restore(number: number, handle: T): T {
    this.#handles.set(number, handle);
    return handle;
  }

  /** A handle of an earlier process cannot be restored: it answers STALE until it is removed. */
  lose(number: number): void {
    this.#lost.add(number);
  }

  /** @throws P2pfsError BAD_HANDLE, STALE */
  get(number: number): T {
    const handle = this.#handles.get(number);
    if (this.#lost.has(number))
      throw new P2pfsError("STALE", "what was open is not here any more since the daemon ended");
    if (handle === undefined) throw new P2pfsError("BAD_HANDLE", `handle ${number} is not open`);
    return handle;
  }

  /** The handle; undefined when it is not open. */
  find(number: number): T | undefined {
    return this.#handles.get(number);
  }

  /** The handle, which is not open any more; undefined when it was not. */
  remove(number: number): T | undefined {
    const handle = this.#handles.get(number);
    this.#handles.delete(number);
    this.#lost.delete(number);
    return handle;
  }

  values(): IterableIterator<T> {
    return this.#handles.values();
  }
}
