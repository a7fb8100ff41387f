/**
 * The gRPC server for other hosts, over TCP: dfdaemon.v2.DfdaemonUpload and grpc.health.v1, as Dragonfly's peers serve them, and
 * p2pfs.v1.Pieces for our own. Nobody who calls is trusted: messages are bounded, no path of this host is touched, and content of other families of tasks
 * is not served. Pieces themselves travel over vortex.
 */
import { setMaxListeners } from "node:events";
import { Server, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { BufferPool } from "../../base/buffer-pool.ts";
import { UnavailableError } from "../../base/errors.ts";
import {
  UPLOAD_BUFFER_BYTES_MAX,
  UPLOAD_CONNECTIONS_MAX,
  UPLOAD_IDLE_MS,
  UPLOAD_MESSAGE_BYTES_MAX,
  UPLOAD_STREAMS_MAX,
} from "../../base/limits.ts";
import type { Host } from "../../proto/gen/common/v2/Host.ts";
import type { DfdaemonUploadHandlers } from "../../proto/gen/dfdaemon/v2/DfdaemonUpload.ts";
import type { DownloadTaskRequest__Output } from "../../proto/gen/dfdaemon/v2/DownloadTaskRequest.ts";
import type { SyncHostRequest__Output } from "../../proto/gen/dfdaemon/v2/SyncHostRequest.ts";
import type { SyncPiecesRequest__Output } from "../../proto/gen/dfdaemon/v2/SyncPiecesRequest.ts";
import type { SyncPiecesResponse } from "../../proto/gen/dfdaemon/v2/SyncPiecesResponse.ts";
import type { PiecesHandlers } from "../../proto/gen/p2pfs/v1/Pieces.ts";
import type { WantRequest__Output } from "../../proto/gen/p2pfs/v1/WantRequest.ts";
import type { WantResponse } from "../../proto/gen/p2pfs/v1/WantResponse.ts";
import { DfdaemonUpload, Health, Pieces } from "../../proto/load.ts";
import { OWN_HEALTH_NAME } from "../rpc/own-health.ts";
import type { CertificateFiles } from "../tls/certificate-files.ts";
import { PIECE_TLS_KEY } from "../tls/piece-tls-key.ts";
import { deadlineForHeadersAlone, withinRate } from "./call-interceptors.ts";
import { type Send, streaming, unary } from "./calls.ts";
import { type DownloadAnswer, Downloads } from "./download-task.ts";
import { GrpcListener, refusedCalls, stopServer, withEncodedAnswers } from "./grpc-service.ts";
import { absentAsInternal } from "./grpc-status.ts";
import { HealthService } from "./health-service.ts";
import { manifestOf } from "./manifests.ts";
import { checkUrl, planNetworkDownload } from "./network-download.ts";
import type { ServiceContext } from "./ports.ts";
import { HostSyncs } from "./sync-host.ts";
import { PieceSyncs } from "./sync-pieces.ts";
import { deleteTask, listTaskEntries, statLocalTask, statTask } from "./task-service.ts";
import type { NetworkFigures, PieceAddress } from "./upload-ports.ts";
import { WantedBlocks } from "./wanted-blocks.ts";

export interface UploadServerOptions {
  readonly context: ServiceContext;
  /** Where our pieces may be had; asked for each that is told. */
  readonly pieces: () => PieceAddress;
  readonly network: () => Promise<NetworkFigures>;
  /** upload.disableShared, the other way round. */
  readonly shares: boolean;
  /** Whether pieces may be had in TLS as well. Default: no. */
  readonly piecesInTls?: boolean;
  /** Who is let in; default: all, in clear. */
  readonly certificates?: CertificateFiles | undefined;
  /** Blocks on their way to other hosts wait in them; default: the server's own, of UPLOAD_BUFFER_BYTES_MAX. */
  readonly buffers?: BufferPool;
  /** Resolves when so many bytes may leave (upload.bandwidthLimit); default: at once. */
  readonly allow?: (bytes: number, signal: AbortSignal) => Promise<void>;
  /** Whether one more call may begin now (upload.server.requestRateLimit); default: yes. */
  readonly mayBegin?: () => boolean;
}

const SERVICE = "dfdaemon.v2.DfdaemonUpload";

/** Calls that last until all was told, or for ever. */
const LISTENED_TO = [`/${SERVICE}/SyncPieces`, `/${SERVICE}/SyncHost`];

export class UploadServer {
  readonly #options: UploadServerOptions;
  readonly #server: Server;
  readonly #health = new HealthService([SERVICE, OWN_HEALTH_NAME]);
  readonly #downloads: Downloads;
  readonly #pieceSyncs: PieceSyncs;
  readonly #hostSyncs: HostSyncs;
  readonly #wantedBlocks: WantedBlocks;
  readonly #listener: GrpcListener;
  /** Ends the calls that last as long as their clients like. */
  readonly #stopping = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(options: UploadServerOptions) {
    this.#options = options;
    const { engine, clock, requestFor, metrics } = options.context;
    const { shares, buffers = new BufferPool(UPLOAD_BUFFER_BYTES_MAX), allow = async () => {} } = options;
    // One for each call that listens; how many there are is bounded where they are served.
    setMaxListeners(0, this.#stopping.signal);
    this.#downloads = new Downloads(options.context, planNetworkDownload);
    this.#pieceSyncs = new PieceSyncs({ engine, clock, address: options.pieces, shares });
    this.#hostSyncs = new HostSyncs({ clock, network: options.network });
    this.#wantedBlocks = new WantedBlocks({
      engine,
      requestFor,
      clock,
      shares,
      buffers,
      allow,
      onSent: (bytes) => metrics.uploaded(bytes),
    });
    this.#server = new Server({
      "grpc.max_receive_message_length": UPLOAD_MESSAGE_BYTES_MAX,
      "grpc.max_send_message_length": -1,
      "grpc.max_concurrent_streams": UPLOAD_STREAMS_MAX,
      "grpc.max_connection_idle_ms": UPLOAD_IDLE_MS,
      // The first is nearest to the call itself, whose timer it looks for.
      interceptors: [deadlineForHeadersAlone(LISTENED_TO), withinRate(options.mayBegin ?? (() => true))],
    });
    this.#server.addService(withEncodedAnswers(DfdaemonUpload.service), this.#handlers());
    this.#server.addService(Pieces.service, this.#pieceHandlers());
    this.#server.addService(Health.service, { Check: this.#health.check, Watch: this.#health.watch });
    this.#listener = new GrpcListener(this.#server, UPLOAD_CONNECTIONS_MAX);
  }

  /** Calls for blocks that are served now. */
  get wantCount(): number {
    return this.#wantedBlocks.count;
  }

  /** Peers that listen for pieces now. */
  get listenerCount(): number {
    return this.#pieceSyncs.count;
  }

  /**
   * Listens. The service is NOT_SERVING until `setServing`; the overall name "" serves at once.
   * @returns the port in use @throws P2pfsError BUSY when it is taken
   */
  listen(ip: string, port: number): Promise<number> {
    return this.#listener.listen(this.#options.certificates, { ip, port });
  }

  setServing(serving: boolean): void {
    this.#health.setServing(serving);
  }

  /** Takes no more calls, lets short ones end, ends the others. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#health.setServing(false);
    this.#stopping.abort(new UnavailableError("the daemon is stopping", {}, "CLOSED"));
    this.#listener.close();
    await this.#downloads.close();
    await stopServer(this.#server, this.#options.context.clock);
  }

  #handlers(): UntypedServiceImplementation {
    const { context } = this.#options;
    const { log, clock, metrics } = context;
    const frame = { log, clock };
    const handlers: Partial<DfdaemonUploadHandlers> = {
      StatTask: unary(log, ({ taskId }) => metrics.counted("stat_task", () => statTask(context, taskId))),
      StatLocalTask: unary(log, ({ taskId }) =>
        metrics.counted("stat_local_task", () => statLocalTask(context, taskId)),
      ),
      ListTaskEntries: unary(log, (request, signal) =>
        metrics.counted("list_task_entries", () => {
          checkUrl(request.url);
          return listTaskEntries(context, request, signal, "network");
        }),
      ),
      DeleteTask: unary(
        log,
        ({ taskId }) => metrics.counted("delete_task", () => deleteTask(context, taskId)).then(() => ({})),
        absentAsInternal,
      ),
    };
    const download = streaming<DownloadTaskRequest__Output, DownloadAnswer>(frame, (request, send, signal) =>
      this.#downloads.serve(request, send, signal),
    );
    const syncPieces = streaming<SyncPiecesRequest__Output, SyncPiecesResponse>(
      { ...frame, headersFirst: true, headers: this.#pieceHeaders(), toStatus: absentAsInternal },
      (request, send, signal) => this.#untilStopping(this.#pieceSyncs, request, send, signal),
    );
    const syncHost = streaming<SyncHostRequest__Output, Host>(
      { ...frame, headersFirst: true },
      (request, send, signal) => this.#untilStopping(this.#hostSyncs, request, send, signal),
    );
    return {
      ...refusedCalls(DfdaemonUpload.service, frame),
      ...handlers,
      DownloadTask: download,
      SyncPieces: syncPieces,
      SyncHost: syncHost,
    };
  }

  #pieceHeaders(): Readonly<Record<string, string>> {
    return this.#options.piecesInTls ? { [PIECE_TLS_KEY]: "1" } : {};
  }

  #pieceHandlers(): PiecesHandlers {
    const { log, clock, engine } = this.#options.context;
    const want = streaming<WantRequest__Output, WantResponse>(
      { log, clock, headersFirst: true },
      (request, send, signal) => this.#untilStopping(this.#wantedBlocks, request, send, signal),
    );
    const { shares } = this.#options;
    return { Want: want, Manifest: unary(log, (request) => manifestOf({ engine, shares }, request)) };
  }

  /** Calls that listen are no use of the daemon that keeps it from its end. */
  async #untilStopping<Request, Answer>(
    syncs: { serve(request: Request, send: Send<Answer>, signal: AbortSignal): Promise<void> },
    request: Request,
    send: Send<Answer>,
    signal: AbortSignal,
  ): Promise<void> {
    const ending = new AbortController();
    const end = (of: AbortSignal) => () => ending.abort(of.reason);
    const onGone = end(signal);
    const onStopping = end(this.#stopping.signal);
    if (signal.aborted) onGone();
    if (this.#stopping.signal.aborted) onStopping();
    signal.addEventListener("abort", onGone, { once: true });
    this.#stopping.signal.addEventListener("abort", onStopping, { once: true });
    try {
      await syncs.serve(request, send, ending.signal);
    } finally {
      signal.removeEventListener("abort", onGone);
      this.#stopping.signal.removeEventListener("abort", onStopping);
    }
  }
}
