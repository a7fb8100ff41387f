/**
 * Where the host that made a cluster serves it: hosts without a certificate may show a token and nothing else, hosts with one of
 * the cluster's are heard as its members. Which of the two a connection is its handshake decides, before any call: they are
 * served by two servers that know nothing of each other's calls.
 */
import type { AddressInfo } from "node:net";
import { createServer, type SecureContextOptions, type TLSSocket, type Server as TlsServer } from "node:tls";
import { Server, ServerCredentials, type ServerUnaryCall } from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { PermissionError } from "../../base/errors.ts";
import {
  ENTRANCE_CONNECTIONS_MAX,
  ENTRANCE_MESSAGE_BYTES_MAX,
  JOIN_STEP_MS,
  JOINS_BURST,
  JOINS_PER_SECOND,
  SERVER_BACKLOG,
  UPLOAD_IDLE_MS,
} from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { TokenBucket } from "../../base/token-bucket.ts";
import type { ClusterHandlers } from "../../proto/gen/p2pfs/v1/Cluster.ts";
import type { ClusterEntranceHandlers } from "../../proto/gen/p2pfs/v1/ClusterEntrance.ts";
import { Cluster, ClusterEntrance } from "../../proto/load.ts";
import { withinRate } from "../server/call-interceptors.ts";
import { unary } from "../server/calls.ts";
import { stopServer } from "../server/grpc-service.ts";
import { type CertificateFiles, type CertificateTexts, contextOptions } from "../tls/certificate-files.ts";
import type { Issuer } from "./issuer.ts";
import { memberMessages, removedMessages, reportOf } from "./member-messages.ts";

export interface EntranceOptions {
  readonly issuer: Issuer;
  /** Of this host. Closed by their owner, after this. */
  readonly files: CertificateFiles;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Entrance {
  readonly #options: EntranceOptions;
  readonly #members: Server;
  readonly #strangers: Server;
  readonly #listener: TlsServer;
  readonly #endWatch: () => void;
  #closing: Promise<void> | undefined;

  constructor(options: EntranceOptions) {
    this.#options = options;
    const { files, log } = options;
    this.#members = new Server(BOUNDS);
    this.#members.addService(Cluster.service, this.#memberCalls());
    const joins = new TokenBucket({
      clock: options.clock,
      perSecond: JOINS_PER_SECOND,
      burst: JOINS_BURST,
    });
    this.#strangers = new Server({ ...BOUNDS, interceptors: [withinRate(() => joins.tryTake(1))] });
    this.#strangers.addService(ClusterEntrance.service, this.#strangerCalls());
    // The handshake was made here; to gRPC these are connections like any.
    const asIs = ServerCredentials.createInsecure();
    const toMembers = this.#members.createConnectionInjector(asIs);
    const toStrangers = this.#strangers.createConnectionInjector(asIs);
    this.#listener = createServer(
      {
        ...contextOf(files.texts),
        requestCert: true,
        rejectUnauthorized: false,
        ALPNProtocols: ["h2"],
        handshakeTimeout: JOIN_STEP_MS,
      },
      (socket) => (isMembers(socket) ? toMembers : toStrangers).injectConnection(socket),
    );
    this.#listener.maxConnections = ENTRANCE_CONNECTIONS_MAX;
    this.#listener.on("tlsClientError", (error, socket: TLSSocket) => {
      log.debug({ reason: error.message }, "entrance-handshake-failed");
      socket.destroy();
    });
    this.#endWatch = files.onChange((texts) => this.#listener.setSecureContext(contextOf(texts)));
  }

  /** @returns the port in use @throws P2pfsError BUSY when it is taken */
  listen(ip: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#listener.once("error", (error) => reject(fromUnknown(error, `cannot listen on ${ip}:${port}`)));
      this.#listener.listen({ host: ip, port, backlog: SERVER_BACKLOG }, () =>
        resolve((this.#listener.address() as AddressInfo).port),
      );
    });
  }

  /** Takes no more calls, and lets those that run end. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#endWatch();
    this.#listener.close();
    const { clock } = this.#options;
    await Promise.all([stopServer(this.#members, clock), stopServer(this.#strangers, clock)]);
  }

  #strangerCalls(): ClusterEntranceHandlers {
    const { issuer, log } = this.#options;
    return {
      Join: unary(log, async ({ tokenId, tokenSecret, certificateRequest, host }) => {
        const token = { id: tokenId, secret: tokenSecret };
        const admission = await issuer.join(token, certificateRequest, reportOf(host));
        const { certificate, authority, clusterName, memberId, schedulers } = admission;
        return { certificate, authority, clusterName, memberId, schedulers: [...schedulers] };
      }),
    };
  }

  #memberCalls(): ClusterHandlers {
    const { issuer, log } = this.#options;
    return {
      Sync: (call, answer) =>
        unary(log, async (request: typeof call.request) => {
          const roster = await issuer.sync(callerOf(call), reportOf(request.host), request.withMembers);
          const { clusterName, schedulers, members } = roster;
          const refused = issuer.refusedBeyond(request.refusedDigest);
          return {
            clusterName,
            schedulers: [...schedulers],
            members: memberMessages(members),
            memberCount: issuer.memberCount,
            removed: request.withMembers ? removedMessages(roster.removed) : [],
            ...(refused === undefined ? {} : { refused }),
          };
        })(call, answer),
      Renew: (call, answer) =>
        unary(log, async ({ certificateRequest, host }: typeof call.request) => ({
          certificate: await issuer.renew(callerOf(call), certificateRequest, reportOf(host)),
        }))(call, answer),
      LeaveCluster: (call, answer) =>
        unary(log, async () => {
          await issuer.leave(callerOf(call));
          return {};
        })(call, answer),
    };
  }
}

/**
 * Whether the other side has shown a certificate of the cluster now. Node calls a resumed session authorized although none was ever
 * shown in it, and members have no need to resume one.
 */
function isMembers(socket: TLSSocket): boolean {
  return socket.authorized && !socket.isSessionReused() && socket.getPeerCertificate().raw !== undefined;
}

/** The member that the certificate names. @throws PermissionError without one */
function callerOf(call: ServerUnaryCall<unknown, unknown>): string {
  const name = call.getAuthContext().sslPeerCertificate?.subject.CN;
  const id = Array.isArray(name) ? name[0] : name;
  if (typeof id !== "string" || id === "") throw new PermissionError("this is for hosts of the cluster");
  return id;
}

/** With the authority's certificate behind its own: who has a token knows it by its fingerprint. */
function contextOf(texts: CertificateTexts): SecureContextOptions {
  const own = contextOptions(texts);
  const chain = texts.own === undefined ? {} : { cert: Buffer.concat([texts.own.cert, texts.ca]) };
  return { ...own, ...chain, minVersion: "TLSv1.3" };
}

const BOUNDS = {
  "grpc.max_receive_message_length": ENTRANCE_MESSAGE_BYTES_MAX,
  "grpc.max_concurrent_streams": 4,
  "grpc.max_connection_idle_ms": UPLOAD_IDLE_MS,
};
