/**
 * The keys of dfdaemon.yaml that are p2pfs' own: mount, cluster, guard, log, source and the embedded scheduler. Dragonfly's are in
 * schema.ts.
 */
import { z } from "zod";
import {
  BODY_IDLE_MS_DEFAULT,
  CONNECT_MS_DEFAULT,
  HEADERS_MS_DEFAULT,
  LOG_FILE_BYTES_DEFAULT,
  LOG_FILES_DEFAULT,
  MOUNT_ROOTS_MAX,
  READ_DEADLINE_MS,
  SCANNERS_MAX,
} from "../../base/limits.ts";
import {
  absolutePath,
  byteSize,
  cidr,
  duration,
  ipAddress,
  mode,
  oneOf,
  port,
  secretText,
  text,
  whole,
  yesOrNo,
} from "./leaf.ts";

/** Dragonfly's port of schedulers. */
const SCHEDULER_PORT_DEFAULT = 8002;

/** The largest uid or gid (Linux, 32 bits; the last one means "none"). */
const ID_MAX = 0xffff_fffe;

/**
 * Programs that look into every file they find: indexers of names and of contents, makers of thumbnails, and the two that
 * people walk trees with. Names of program files, or of threads as the kernel has them.
 */
const SCANNERS_DEFAULT = [
  "updatedb",
  "updatedb.plocate",
  "updatedb.mlocate",
  "updatedb.findutils",
  "du",
  "find",
  "baloo_file",
  "baloo_file_extractor",
  "tracker-miner-fs",
  "tracker-miner-fs-3",
  "tracker-extract",
  "tracker-extract-3",
  "localsearch-3",
  "localsearch-extractor-3",
  "recollindex",
  "tumblerd",
  "gnome-thumbnailer",
  "totem-video-thumbnailer",
  "evince-thumbnailer",
  "gdk-pixbuf-thumbnailer",
  "glycin-thumbnailer",
  "papers-thumbnailer",
  "gsf-office-thumbnailer",
  "ffmpegthumbnailer",
  "thumbnail.so",
] as const;

const consistency = () => oneOf("stale-if-error", "strict", "immutable");

/** What one prefix of the mount reaches and how. */
const mountRoot = z.object({
  /** A scheme, or a scheme and a bucket or host: "oss", "oss/BUCKET", "https/HOST". The longest match wins. */
  path: text(),
  endpoint: text().optional(),
  region: text().optional(),
  accessKeyID: secretText().optional(),
  accessKeySecret: secretText().optional(),
  securityToken: secretText().optional(),
  signature: oneOf("v1", "v4").optional(),
  anonymous: yesOrNo().default(false),
  /** How the store's buckets are named in requests; left out, as the endpoint wants it. */
  addressing: oneOf("virtual", "path", "cname").optional(),
  uid: whole(0, ID_MAX).optional(),
  gid: whole(0, ID_MAX).optional(),
  mode: mode().optional(),
  consistency: consistency().optional(),
});

export const mountSection = z
  .object({
    roots: z.array(mountRoot).max(MOUNT_ROOTS_MAX).default([]),
    attributeTimeout: duration().default(10_000),
    negativeTimeout: duration().default(1000),
    readTimeout: duration(1000, 86_400_000).default(READ_DEADLINE_MS),
    consistency: consistency().default("stale-if-error"),
    /** Programs for which nothing is fetched. */
    scanners: z
      .array(text())
      .max(SCANNERS_MAX)
      .default([...SCANNERS_DEFAULT]),
    /** Programs for which the first block of a file is fetched, and no more. */
    headerReaders: z.array(text()).max(SCANNERS_MAX).default(["file"]),
    /** Whether only other hosts give what is read. */
    disableBackToSource: yesOrNo().default(false),
    /** What is demanded of bytes; left out: the best that can be had. */
    integrity: oneOf("anchored", "agreed", "transport").optional(),
  })
  .prefault({});

export const embeddedSchedulerSection = z
  .object({
    /** Whether this daemon is a scheduler of the cluster, too. */
    enable: yesOrNo().default(false),
    server: z
      .object({
        ip: ipAddress().optional(),
        port: port().default(SCHEDULER_PORT_DEFAULT),
        caCert: absolutePath().optional(),
        cert: absolutePath().optional(),
        key: absolutePath().optional(),
      })
      .prefault({}),
  })
  .prefault({});

/** A cluster of our own: what `p2pfs cluster init` makes and others join. */
export const clusterSection = z
  .object({
    /** Where the host that made the cluster lets others in, and hears of them. */
    port: port().default(4007),
  })
  .prefault({});

export const guardSection = z
  .object({
    /** Blocks of addresses that may be reached although the guard would refuse them. */
    allow: z.array(cidr()).default([]),
  })
  .prefault({});

export const logSection = z
  .object({
    level: oneOf("debug", "info", "warn", "error").default("info"),
    /** Bytes of one log file of a detached daemon before the next is begun. */
    fileSize: byteSize(4096).default(LOG_FILE_BYTES_DEFAULT),
    /** Log files kept, the current one included. */
    fileCount: whole(1, 100).default(LOG_FILES_DEFAULT),
  })
  .prefault({});

export const sourceSection = z
  .object({
    connectTimeout: duration(1).default(CONNECT_MS_DEFAULT),
    headersTimeout: duration(1).default(HEADERS_MS_DEFAULT),
    /** Longest silence within an answer's body. */
    idleTimeout: duration(1).default(BODY_IDLE_MS_DEFAULT),
  })
  .prefault({});
