/**
 * Everything a host serves to other hosts, started as one: the gRPC server, the piece server over vortex TCP, and the limit they
 * share. Only hosts of a cluster do.
 */
import type { Clock } from "../../base/clock.ts";
import { InvalidInputError } from "../../base/errors.ts";
import { UPLOAD_BUFFER_BYTES_MAX } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { TokenBucket } from "../../base/token-bucket.ts";
import { blockBuffers } from "../block-buffers.ts";
import type { Config, LoadedConfig } from "../config/config.ts";
import type { ServiceContext } from "../server/ports.ts";
import type { NetworkFigures } from "../server/upload-ports.ts";
import { UploadServer } from "../server/upload-server.ts";
import type { Storage } from "../storage/storage.ts";
import { CertificateFiles } from "../tls/certificate-files.ts";
import type { RefusedNames } from "../tls/refused-names.ts";
import { PieceServer } from "../transport/vortex/piece-server.ts";
import { openFileSending } from "./file-sending.ts";
import { listenOrMove } from "./ports.ts";
import { StoredPieces } from "./stored-pieces.ts";

export interface ServingOptions {
  readonly loaded: LoadedConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly context: ServiceContext;
  readonly storage: Pick<Storage, "record" | "open">;
  /** The address that other hosts know this one by. */
  readonly advertisedIp: string;
  readonly network: () => Promise<NetworkFigures>;
  /** The address guard's: ports of ours are added. */
  readonly ownPorts: Set<number>;
  /** Hosts that were removed from the cluster. */
  readonly refused?: RefusedNames | undefined;
}

/** What other hosts are served, for as long as it is not closed. */
export class Serving {
  readonly uploadPort: number;
  readonly piecePort: number;
  readonly #upload: UploadServer;
  readonly #close: () => Promise<void>;
  #closing: Promise<void> | undefined;

  private constructor(
    ports: { readonly upload: number; readonly piece: number },
    upload: UploadServer,
    close: () => Promise<void>,
  ) {
    this.uploadPort = ports.upload;
    this.piecePort = ports.piece;
    this.#upload = upload;
    this.#close = close;
  }

  /**
   * Listens. The service is not SERVING before `setServing`.
   * @throws InvalidInputError for certificates that are not all there, P2pfsError BUSY when a configured port is taken
   */
  static async start(options: ServingOptions): Promise<Serving> {
    const { loaded, clock, log, context, storage, advertisedIp, network, ownPorts } = options;
    const { upload, storage: stored, network: family } = loaded.config;
    const section = "upload.server";
    const files = await CertificateFiles.open({
      paths: upload.server,
      section,
      mutual: true,
      refused: options.refused,
      clock,
      log,
    });
    const shares = !upload.disableShared;
    const bucket = new TokenBucket({ clock, perSecond: upload.bandwidthLimit });
    const store = new StoredPieces({ storage, clock, metrics: context.metrics, shares });
    const buffers = blockBuffers(UPLOAD_BUFFER_BYTES_MAX, clock);
    const allow = (bytes: number, signal: AbortSignal) => bucket.take(bytes, signal);
    const sending = openFileSending(log);
    const pieces = new PieceServer({
      store,
      clock,
      log,
      buffers,
      ...pieceTls(loaded.config, files),
      allow,
      sendFile: sending.sendFile,
      onSent: (bytes) => context.metrics.uploaded(bytes),
    });
    const { requestRateLimit, requestBufferSize } = upload.server;
    const calls = new TokenBucket({
      clock,
      perSecond: requestRateLimit,
      burst: requestRateLimit + requestBufferSize,
    });
    let piecePort = 0;
    const server = new UploadServer({
      context,
      pieces: () => ({ ip: advertisedIp, tcpPort: piecePort }),
      network,
      shares,
      buffers,
      allow,
      mayBegin: () => calls.tryTake(1),
      certificates: files,
      piecesInTls: files !== undefined && stored.server.tls !== "off",
    });
    const close = async () => {
      await server.close();
      await pieces.close();
      sending.close();
      await store.close();
      await files?.close();
    };
    const any = family.enableIPv6 ? "::" : "0.0.0.0";
    const endpoint = (key: string, { ip, port }: { ip?: string | undefined; port: number }) => ({
      key,
      ip: ip ?? any,
      port,
      isSet: loaded.isSet(key),
    });
    try {
      const forPieces = { ip: stored.server.ip, port: stored.server.tcpPort };
      piecePort = await listenOrMove(endpoint("storage.server.tcpPort", forPieces), log, (ip, port) =>
        pieces.listen(ip, port),
      );
      const uploadPort = await listenOrMove(endpoint("upload.server.port", upload.server), log, (ip, port) =>
        server.listen(ip, port),
      );
      ownPorts.add(piecePort).add(uploadPort);
      log.info({ uploadPort, piecePort, mutualTls: files !== undefined }, "serving-other-hosts");
      return new Serving({ upload: uploadPort, piece: piecePort }, server, close);
    } catch (error) {
      await close();
      throw error;
    }
  }

  setServing(serving: boolean): void {
    this.#upload.setServing(serving);
  }

  /** Ends what is served, short calls in order. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }
}

/** Whether this host serves others: it is in a cluster, unless upload.server.enable says otherwise. */
export function servesOthers(config: Config, isInCluster: boolean): boolean {
  return config.upload.server.enable ?? isInCluster;
}

/**
 * How pieces travel between hosts of p2pfs, on either side.
 * @throws InvalidInputError INVALID_CONFIG when they must in TLS, and there are no certificates
 */
export function pieceTls(
  { storage }: Pick<Config, "storage">,
  files: CertificateFiles | undefined,
): { tls?: { files: CertificateFiles; required: boolean } } {
  const { tls } = storage.server;
  if (tls === "required" && files === undefined)
    throw new InvalidInputError(
      "storage.server.tls cannot be required without certificates in upload.server and upload.client",
      {},
      "INVALID_CONFIG",
    );
  return files === undefined || tls === "off" ? {} : { tls: { files, required: tls === "required" } };
}
