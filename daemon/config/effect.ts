/**
 * Which keys do something in this version. A key that is read and checked but has no effect yet is warned of when a
 * file sets it to something else than its default, so that nobody relies on it.
 */

/** Keys with an effect; a section's path stands for all below it. */
const KEYS_WITH_EFFECT = [
  "host",
  "download.server.socketPath",
  "download.concurrentPieceCount",
  "download.bandwidthLimit",
  "download.backToSourceBandwidthLimit",
  "download.collectedPieceTimeout",
  "download.pieceTimeout",
  "download.protocol",
  "upload",
  "storage.server.ip",
  "storage.server.tcpPort",
  "storage.server.tls",
  "manager",
  "scheduler",
  "embeddedScheduler",
  "seedPeer",
  "dynconfig",
  "storage.dir",
  "storage.keep",
  "backend.requestHeader",
  "backend.maxRetries",
  "backend.enableCacheTemporaryRedirect",
  "backend.cacheTemporaryRedirectTTL",
  "backend.enableHickoryDNS",
  "gc.interval",
  "gc.policy.taskTTL",
  "gc.policy.diskThreshold",
  "gc.policy.cacheThreshold",
  "gc.policy.diskHighThresholdPercent",
  "gc.policy.diskLowThresholdPercent",
  "health",
  "metrics",
  "network",
  "mount",
  "cluster",
  "guard",
  "log",
  "source",
];

/** Whether the key at this path (list indices as `[]`) has an effect. */
export function hasEffect(path: string): boolean {
  return KEYS_WITH_EFFECT.some(
    (key) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`),
  );
}
