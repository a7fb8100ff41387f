/** How a list of schedulers is called where it is shown: commands compare it with what a daemon says. Pure. */

/** @param names as they were given */
export function schedulerListName(names: readonly string[]): string {
  return `the scheduler list ${names.join(", ")}`;
}
