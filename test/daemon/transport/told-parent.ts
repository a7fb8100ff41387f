/** A parent's gRPC server whose every word the test says: SyncPieces and SyncHost over loopback. */
import { Server, ServerCredentials, type ServerWritableStream, status } from "@grpc/grpc-js";
import type { Host } from "../../../proto/gen/common/v2/Host.ts";
import type { SyncHostRequest__Output } from "../../../proto/gen/dfdaemon/v2/SyncHostRequest.ts";
import type { SyncPiecesRequest__Output } from "../../../proto/gen/dfdaemon/v2/SyncPiecesRequest.ts";
import type { SyncPiecesResponse } from "../../../proto/gen/dfdaemon/v2/SyncPiecesResponse.ts";
import { DfdaemonUpload } from "../../../proto/local.ts";
import { until } from "../../base/promises.ts";

type PiecesCall = ServerWritableStream<SyncPiecesRequest__Output, SyncPiecesResponse>;
type HostCall = ServerWritableStream<SyncHostRequest__Output, Host>;

export class GrpcParent {
  readonly #server = new Server();
  readonly #told: SyncPiecesResponse[] = [];
  readonly pieceCalls = new Set<PiecesCall>();
  readonly hostCalls = new Set<HostCall>();
  /** Requests that came. */
  readonly requests: SyncPiecesRequest__Output[] = [];
  port = 0;

  constructor(taskId: string) {
    this.#server.addService(DfdaemonUpload.service, {
      SyncPieces: (call: PiecesCall) => {
        this.requests.push(call.request);
        // In the words of Dragonfly's server.
        if (call.request.taskId !== taskId) {
          const details = `task ${call.request.taskId} not found`;
          call.emit("error", { code: status.INTERNAL, details });
          return;
        }
        this.pieceCalls.add(call);
        call.on("cancelled", () => this.pieceCalls.delete(call));
        for (const message of this.#told) call.write(message);
      },
      SyncHost: (call: HostCall) => {
        this.hostCalls.add(call);
        call.on("cancelled", () => this.hostCalls.delete(call));
      },
    });
  }

  async listen(): Promise<this> {
    this.port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
    return this;
  }

  heardBy(count: number): Promise<void> {
    return until(() => this.pieceCalls.size === count);
  }
  say(message: SyncPiecesResponse): void {
    this.#told.push(message);
    for (const call of this.pieceCalls) call.write(message);
  }
  end(): void {
    for (const call of this.pieceCalls) call.end();
    this.pieceCalls.clear();
  }
  close(): void {
    this.#server.forceShutdown();
  }
}
