/** Calls of the cluster's services that answer once: with a deadline by our clock, and statuses turned into our errors. */
import type { ClientUnaryCall, ServiceError } from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal, orAborted } from "../../base/deadline.ts";
import { codeOfGrpcStatus, P2pfsError } from "../../base/errors.ts";
import { CLUSTER_CALL_MS, CLUSTER_TEXT_MAX } from "../../base/limits.ts";

export interface CallOptions {
  readonly clock: Clock;
  /** What is asked, as the beginning of a sentence: "the scheduler 10.0.0.2:8002". */
  readonly what: string;
  /** Default CLUSTER_CALL_MS. */
  readonly afterMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * @param start makes the call; its callback gets the answer
 * @throws P2pfsError what the status stands for, DeadlineError, the signal's reason
 */
export async function callUnary<Answer>(
  options: CallOptions,
  start: (answered: (error: ServiceError | null, answer?: Answer) => void) => ClientUnaryCall,
): Promise<Answer> {
  const { clock, what, afterMs = CLUSTER_CALL_MS, signal } = options;
  const deadline = deadlineSignal(clock, `the answer of ${what}`, afterMs, signal);
  let call: ClientUnaryCall | undefined;
  const answer = new Promise<Answer>((resolve, reject) => {
    call = start((error, value) =>
      error !== null || value === undefined ? reject(fromStatus(error, what)) : resolve(value),
    );
  });
  try {
    return await orAborted(answer, deadline.signal);
  } catch (error) {
    // The late answer is nobody's.
    answer.catch(() => {});
    call?.cancel();
    throw error;
  } finally {
    deadline.close();
  }
}

/** What grpc-js says of a connection that was not made, without its own words around the system's. */
function plainWords(details: string): string {
  return /Last error: (?:Error: )?(.*?)\.? Resolution note: /s.exec(details)?.[1] ?? details;
}

/** The error that a status of another program stands for. @param what who said it */
export function fromStatus(
  error: { readonly code: number; readonly details: string } | null,
  what: string,
): P2pfsError {
  if (error === null) return new P2pfsError("UNAVAILABLE", `${what} gave no answer`);
  const said = plainWords(error.details).slice(0, CLUSTER_TEXT_MAX);
  // Whatever else another program says of itself, it is of no use now.
  const code = codeOfGrpcStatus(error.code, "TOO_MANY") ?? "UNAVAILABLE";
  return new P2pfsError(code, `${what}: ${said || `status ${error.code}`}`, {
    details: { status: error.code },
  });
}
