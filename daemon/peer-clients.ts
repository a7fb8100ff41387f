/** What a host asks other hosts with, made from the configuration: their pieces, what they have, how busy they are. */
import type { Clock } from "../base/clock.ts";
import { FETCH_BUFFER_BYTES_MAX, SEED_MESSAGE_BYTES_MAX } from "../base/limits.ts";
import type { Logger } from "../base/logger.ts";
import { TokenBucket } from "../base/token-bucket.ts";
import { blockBuffers } from "./block-buffers.ts";
import type { Config } from "./config/config.ts";
import { CertificateFiles } from "./tls/certificate-files.ts";
import { channelCredentials } from "./tls/grpc-credentials.ts";
import type { RefusedNames } from "./tls/refused-names.ts";
import type { Announcements } from "./transport/announcements.ts";
import { ParentChannels } from "./transport/parent-channels.ts";
import type { ParentLoads } from "./transport/parent-loads.ts";
import { SeedPeers } from "./transport/seed-peers.ts";
import type { Seed } from "./transport/seeds.ts";
import { SyncHostLoads } from "./transport/sync-host.ts";
import { SyncPiecesAnnouncements } from "./transport/sync-pieces.ts";
import type { Transport } from "./transport/transport.ts";
import { VortexTcpTransport } from "./transport/vortex/tcp-transport.ts";
import { HostWitnesses, type Witnesses } from "./transport/witnesses.ts";
import { withinBandwidth, withinTime } from "./upload/bandwidth.ts";
import { pieceTls } from "./upload/serving.ts";

export interface PeerClients {
  readonly announcements: Announcements;
  readonly transport: Transport;
  readonly loads: ParentLoads;
  /** Absent where the host is a seed itself: it goes to the source for others. */
  readonly seeds?: SeedPeers;
  readonly witnesses: Witnesses;
  readonly isSeed: boolean;
  /** Ends what is under way. Idempotent. */
  close(): Promise<void>;
}

/**
 * Connects to nobody yet.
 * @throws InvalidInputError for certificates that are not all there, P2pfsError when one cannot be read
 */
export async function openPeerClients(options: {
  readonly config: Pick<Config, "upload" | "download" | "storage">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly host: { readonly id: string; readonly isSeedPeer: boolean; newPeerId(): string };
  /** The cluster's seed peers, this host aside. @throws P2pfsError when nobody can say */
  readonly seedPeers: () => Promise<readonly Seed[]>;
  /** Hosts that were removed from the cluster. */
  readonly refused?: RefusedNames | undefined;
}): Promise<PeerClients> {
  const { config, clock, log, host, seedPeers } = options;
  const section = "upload.client";
  const files = await CertificateFiles.open({
    paths: config.upload.client,
    section,
    mutual: true,
    refused: options.refused,
    clock,
    log,
  });
  const credentials = channelCredentials(files);
  const channels = new ParentChannels({ clock, credentials });
  const silenceMs = config.download.collectedPieceTimeout;
  const announcements = new SyncPiecesAnnouncements({ channels, clock, hostId: host.id, silenceMs });
  const loads = new SyncHostLoads({ channels, clock, hostId: host.id, newPeerId: () => host.newPeerId() });
  const buffers = blockBuffers(FETCH_BUFFER_BYTES_MAX, clock);
  const bucket = new TokenBucket({ clock, perSecond: config.download.bandwidthLimit });
  const vortex = new VortexTcpTransport({ clock, buffers, ...pieceTls(config, files) });
  const transport = withinTime(withinBandwidth(vortex, bucket), clock, config.download.pieceTimeout);
  const blockChannels = new ParentChannels({ clock, credentials, messageBytesMax: SEED_MESSAGE_BYTES_MAX });
  const seeds = host.isSeedPeer
    ? undefined
    : new SeedPeers({
        clock,
        log,
        channels: blockChannels,
        buffers,
        hostId: host.id,
        ask: seedPeers,
        allow: (bytes, signal) => bucket.take(bytes, signal),
      });
  return {
    announcements,
    transport,
    loads,
    ...(seeds === undefined ? {} : { seeds }),
    witnesses: new HostWitnesses({ clock, channels, hostId: host.id }),
    isSeed: host.isSeedPeer,
    async close() {
      await Promise.all([announcements.close(), loads.close(), transport.close(), seeds?.close()]);
      channels.close();
      blockChannels.close();
      await files?.close();
    },
  };
}
