/** A set from which members are drawn by their place, in constant time. Their order means nothing. Pure. */
export class IndexedSet<Member> {
  readonly #members: Member[] = [];
  readonly #places = new Map<Member, number>();

  get size(): number {
    return this.#members.length;
  }

  has(member: Member): boolean {
    return this.#places.has(member);
  }

  add(member: Member): void {
    if (this.#places.has(member)) return;
    this.#places.set(member, this.#members.length);
    this.#members.push(member);
  }

  delete(member: Member): void {
    const place = this.#places.get(member);
    if (place === undefined) return;
    this.#places.delete(member);
    const last = this.#members.pop();
    if (last === undefined || last === member) return;
    this.#members[place] = last;
    this.#places.set(last, place);
  }

  [Symbol.iterator](): Iterator<Member> {
    return this.#members[Symbol.iterator]();
  }

  /** All members, one at a time, in an order that chance gives. What changes meanwhile may be missed. @param random in [0, 1) */
  *drawn(random: () => number): Generator<Member> {
    // Fisher and Yates, of which only as much is done as is asked for.
    const moved = new Map<number, number>();
    const size = this.#members.length;
    for (let at = 0; at < size; at += 1) {
      const other = at + Math.floor(random() * (size - at));
      const place = moved.get(other) ?? other;
      moved.set(other, moved.get(at) ?? at);
      const member = this.#members[place];
      if (member !== undefined) yield member;
    }
  }
}
