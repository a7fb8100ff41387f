/**
 * Every key of dfdaemon.yaml: Dragonfly's (dragonflyoss/client, dragonfly-client-config) with its defaults, and ours
 * (schema-own.ts). Durations become milliseconds, sizes bytes. Which keys have an effect is told in effect.ts.
 */
import { z } from "zod";
import { SCHEDULERS_MAX } from "../../base/limits.ts";
import {
  absolutePath,
  byteSize,
  duration,
  headers,
  ipAddress,
  oneOf,
  port,
  regularExpression,
  secretText,
  text,
  whole,
  yesOrNo,
} from "./leaf.ts";
import {
  clusterSection,
  embeddedSchedulerSection,
  guardSection,
  logSection,
  mountSection,
  sourceSection,
} from "./schema-own.ts";

const MIB = 1024 * 1024;
const GB = 1000 ** 3;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A section of keys; leaving it out means all of its defaults. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object(shape).prefault({} as never);
}

/** Certificate files of a TLS endpoint. */
const tlsFiles = {
  caCert: absolutePath().optional(),
  cert: absolutePath().optional(),
  key: absolutePath().optional(),
};

/** Where a server listens. */
const listener = (defaultPort: number) =>
  section({ ip: ipAddress().optional(), port: port().default(defaultPort) });

const adaptiveRateLimit = z
  .object({
    bucketCount: whole(1).default(50),
    bucketInterval: duration(1).default(200),
    cpuThreshold: whole(1, 100).default(100),
    memoryThreshold: whole(1, 100).default(90),
    shedCooldown: duration().default(5 * SECOND_MS),
    collectInterval: duration(1).default(3 * SECOND_MS),
  })
  .optional();

const download = section({
  server: section({
    /** Default: dfdaemon.sock of the workhome. */
    socketPath: absolutePath().optional(),
    requestRateLimit: whole(1).default(400),
    requestBufferSize: whole(1).default(50),
  }),
  protocol: oneOf("tcp", "quic").default("tcp"),
  bandwidthLimit: byteSize(1).default(50 * GB),
  backToSourceBandwidthLimit: byteSize(1).default(50 * GB),
  pieceTimeout: duration(1).default(360 * SECOND_MS),
  collectedPieceTimeout: duration(1).default(360 * SECOND_MS),
  concurrentPieceCount: whole(1).default(8),
});

const upload = section({
  server: section({
    /** Ours: whether other hosts are served. Default: in a cluster. */
    enable: yesOrNo().optional(),
    ip: ipAddress().optional(),
    port: port().default(4000),
    ...tlsFiles,
    requestRateLimit: whole(1).default(400),
    requestBufferSize: whole(1).default(50),
  }),
  client: section(tlsFiles),
  disableShared: yesOrNo().default(false),
  bandwidthLimit: byteSize(1).default(50 * GB),
});

const storage = section({
  server: section({
    ip: ipAddress().optional(),
    tcpPort: port().default(4005),
    tcpFastopen: yesOrNo().default(false),
    quicPort: port().default(4006),
    /** Ours: TLS around pieces between hosts of p2pfs, with the certificates of `upload`. */
    tls: oneOf("off", "offered", "required").default("offered"),
  }),
  /** Default: storage of the workhome. */
  dir: absolutePath().optional(),
  /** Ours is true: what was fetched survives a restart. Dragonfly's default is false. */
  keep: yesOrNo().default(true),
  writePieceTimeout: duration(1).default(360 * SECOND_MS),
  writeBufferSize: byteSize(1).default(524_288),
  readBufferSize: byteSize(1).default(524_288),
  cacheCapacity: byteSize().default(64 * MIB),
});

const backend = section({
  requestHeader: headers().optional(),
  maxRetries: whole(0, 100).default(1),
  enableCacheTemporaryRedirect: yesOrNo().default(true),
  cacheTemporaryRedirectTTL: duration().default(600 * SECOND_MS),
  putConcurrentChunkCount: whole(1).default(16),
  putChunkSize: byteSize(1).default(8 * MIB),
  putTimeout: duration(1).default(900 * SECOND_MS),
  enableHickoryDNS: yesOrNo().default(true),
});

const gc = section({
  interval: duration(SECOND_MS).default(900 * SECOND_MS),
  policy: section({
    taskTTL: duration(1).default(30 * DAY_MS),
    persistentTaskTTL: duration(1).default(DAY_MS),
    persistentCacheTaskTTL: duration(1).default(DAY_MS),
    pageCacheIdleTimeout: duration(1).default(40 * MINUTE_MS),
    /** Bytes of room for everything below storage.dir; 0: what the disk has. */
    diskThreshold: byteSize().default(0),
    /** Ours. Bytes of room for content that is only cached: neither seeded nor pinned; 0: what the other bounds leave. */
    cacheThreshold: byteSize().default(0),
    diskHighThresholdPercent: whole(1, 99).default(80),
    diskLowThresholdPercent: whole(1, 99).default(60),
  }),
});

const proxy = section({
  server: section({
    ip: ipAddress().optional(),
    port: port().default(4001),
    requestRateLimit: whole(1).default(4000),
    caCert: absolutePath().optional(),
    caKey: absolutePath().optional(),
    basicAuth: z.object({ username: text(), password: secretText(20) }).optional(),
  }),
  rules: z
    .array(
      z.object({
        regex: regularExpression().default(".*"),
        useTLS: yesOrNo().default(false),
        redirect: text().optional(),
        filteredQueryParams: z.array(text()).optional(),
      }),
    )
    .optional(),
  registryMirror: section({
    addr: text().default("https://index.docker.io"),
    cert: absolutePath().optional(),
    enableTaskIDBasedBlobDigest: yesOrNo().default(false),
  }),
  disableBackToSource: yesOrNo().default(false),
  prefetch: yesOrNo().default(false),
  prefetchBandwidthLimit: byteSize(1).default(10 * GB),
  readBufferSize: byteSize(1).default(524_288),
});

/** The whole file. Keys it does not name are dropped here and warned of in config.ts. */
export const configSchema = section({
  host: section({
    idc: text().optional(),
    location: text().optional(),
    hostname: text().optional(),
    ip: ipAddress().optional(),
    schedulerClusterID: whole(0).optional(),
  }),
  server: section({
    pluginDir: absolutePath().default("/usr/local/lib/dragonfly/plugins"),
    cacheDir: absolutePath().default("/var/cache/dragonfly"),
    adaptiveRateLimit,
  }),
  download,
  upload,
  manager: section({ addr: text().optional(), ...tlsFiles }),
  scheduler: section({
    announceInterval: duration(1).default(5 * MINUTE_MS),
    scheduleTimeout: duration(1).default(3 * HOUR_MS),
    maxScheduleCount: whole(1).default(5),
    /** Ours: the schedulers, "HOST:PORT", in place of a manager and a dynconfig file. */
    addrs: z.array(text()).max(SCHEDULERS_MAX).default([]),
    ...tlsFiles,
  }),
  seedPeer: section({
    enable: yesOrNo().default(false),
    type: oneOf("normal", "super").optional(),
  }),
  dynconfig: section({
    refreshInterval: duration(SECOND_MS).default(60 * SECOND_MS),
    /** Ours: the local dynconfig file of a cluster without a manager. Default: dynconfig.yaml beside the configuration, if it is there. */
    path: absolutePath().optional(),
  }),
  storage,
  backend,
  gc,
  proxy,
  security: section({ enable: yesOrNo().default(false) }),
  health: section({ server: listener(4003) }),
  metrics: section({ server: listener(4002) }),
  stats: section({ server: listener(4004) }),
  tracing: section({
    protocol: oneOf("http", "https", "grpc").optional(),
    endpoint: text().optional(),
    path: absolutePath().default("/v1/traces"),
    headers: headers().optional(),
  }),
  network: section({ enableIPv6: yesOrNo().default(false) }),
  embeddedScheduler: embeddedSchedulerSection,
  mount: mountSection,
  cluster: clusterSection,
  guard: guardSection,
  log: logSection,
  source: sourceSection,
});

/** Old spellings that Dragonfly still reads: path of the section → alias → key. */
export const KEY_ALIASES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "gc.policy": {
    distThreshold: "diskThreshold",
    distHighThresholdPercent: "diskHighThresholdPercent",
    distLowThresholdPercent: "diskLowThresholdPercent",
  },
};

/** What a config file means once parsed: durations in milliseconds, sizes in bytes. */
export type ConfigValues = z.output<typeof configSchema>;
