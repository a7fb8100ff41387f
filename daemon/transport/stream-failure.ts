/** What all streams from parents have in common: what a failure means for whoever asked, and how one is ended. */
import { type ServiceError, status } from "@grpc/grpc-js";
import { DeadlineError, NotFoundError, type P2pfsError, UnavailableError } from "../../base/errors.ts";

/**
 * Dragonfly's peers say INTERNAL of what they do not have, and ours do alike: only the words tell it from a failure.
 * @param name the parent, for people
 */
export function streamFailure(name: string, error: ServiceError): P2pfsError {
  const said = `the parent ${name} says: ${error.details || error.message}`;
  const isAbsent = error.code === status.INTERNAL && /not found$/.test(error.details ?? "");
  if (error.code === status.NOT_FOUND || isAbsent) return new NotFoundError(said, { cause: error });
  if (error.code === status.DEADLINE_EXCEEDED) return new DeadlineError(said, { cause: error });
  return new UnavailableError(said, { cause: error });
}

/**
 * Takes a call back. grpc-js forgets to tell the server of one that is taken back in the moment it is made, and the server would
 * go on with it for as long as the connection lives.
 */
export function takeBack(call: { cancel(): void } | undefined): void {
  setImmediate(() => call?.cancel());
}
