/** What the addon's functions answer as a number, as an error. */
import { getSystemErrorName } from "node:util";
import { fromUnknown } from "../../base/node-errors.ts";

/** @param result -errno */
export function fromErrno(result: number, doing: string) {
  const code = getSystemErrorName(result);
  return fromUnknown(Object.assign(new RangeError(code), { code }), doing);
}
