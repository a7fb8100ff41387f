/** grpc.health.v1: what is served and whether it is ready. The overall name "" serves from the start, as Dragonfly's does. */
import { status as grpcStatus, type handleServerStreamingCall, type handleUnaryCall } from "@grpc/grpc-js";
import type { HealthCheckRequest__Output } from "../../proto/gen/grpc/health/v1/HealthCheckRequest.ts";
import type { HealthCheckResponse } from "../../proto/gen/grpc/health/v1/HealthCheckResponse.ts";

type Status = "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

export class HealthService {
  readonly #status = new Map<string, Status>([["", "SERVING"]]);
  readonly #watchers = new Set<() => void>();

  /** @param services full names, not serving yet */
  constructor(services: readonly string[]) {
    for (const service of services) this.#status.set(service, "NOT_SERVING");
  }

  /** Sets all names, "" included. */
  setServing(serving: boolean): void {
    for (const service of this.#status.keys()) this.#status.set(service, serving ? "SERVING" : "NOT_SERVING");
    for (const tell of this.#watchers) tell();
  }

  readonly check: handleUnaryCall<HealthCheckRequest__Output, HealthCheckResponse> = (call, answer) => {
    const status = this.#status.get(call.request.service);
    if (status === undefined) answer({ code: grpcStatus.NOT_FOUND, details: "unknown service" });
    else answer(null, { status });
  };

  /** Tells the status now and whenever it changes, until the client goes away. */
  readonly watch: handleServerStreamingCall<HealthCheckRequest__Output, HealthCheckResponse> = (call) => {
    let told: Status | undefined;
    const tell = () => {
      const status = this.#status.get(call.request.service) ?? "SERVICE_UNKNOWN";
      if (status === told) return;
      told = status;
      call.write({ status });
    };
    this.#watchers.add(tell);
    call.on("cancelled", () => this.#watchers.delete(tell));
    tell();
  };
}
