/**
 * This host as it is announced to schedulers (common.v2.Host), from figures of the machine and what the configuration says of
 * it. Pure: figures-reader.ts reads the machine. A figure that could not be had is 0; no part of the message is left out, for
 * Dragonfly's scheduler fails over a host without one of them.
 */
import type { Host } from "../../proto/gen/common/v2/Host.ts";

/** Cumulative processor time, in any unit; only shares of differences count. */
export interface ProcessorTime {
  readonly busy: number;
  readonly total: number;
  /** Of this process, in the unit of `total`. */
  readonly own: number;
}

/** Cumulative bytes of the interface with the advertised address. */
export interface NetworkBytes {
  readonly received: number;
  readonly sent: number;
  readonly atMs: number;
}

/** One look at the machine. Sizes in bytes. */
export interface MachineFigures {
  readonly atMs: number;
  readonly processors: number;
  readonly cores: number;
  readonly processorTime?: ProcessorTime | undefined;
  readonly memory?:
    | { readonly total: number; readonly free: number; readonly available: number; readonly own: number }
    | undefined;
  /** Of the file system that holds storage.dir, and no other. */
  readonly disk?: { readonly total: number; readonly free: number } | undefined;
  /** Cumulative bytes this process has read from and written to disks. */
  readonly diskBytes?: { readonly read: number; readonly written: number } | undefined;
  readonly networkBytes?: NetworkBytes | undefined;
  /** Of the interface with the advertised address, bits a second. */
  readonly linkSpeed?: number | undefined;
  readonly platformVersion: string;
  readonly kernelVersion: string;
}

/** What else is announced. */
export interface HostSettings {
  readonly id: string;
  readonly hostname: string;
  readonly ip: string;
  readonly uploadPort: number;
  readonly proxyPort: number;
  /** It is announced as a seed peer. */
  readonly isSeedPeer: boolean;
  readonly disableShared: boolean;
  readonly idc?: string | undefined;
  readonly location?: string | undefined;
  readonly schedulerClusterId: number;
  /** Of the pod, where there is one. */
  readonly name?: string | undefined;
  /** upload.bandwidthLimit, bytes a second. */
  readonly uploadBytesLimit: number;
  readonly version: string;
}

/** Numbers of common.v2.Host.type. */
const HOST_TYPE = { normal: 0, seed: 1 } as const;

/** @param before an earlier look, for what only differences tell */
export function hostMessage(settings: HostSettings, now: MachineFigures, before?: MachineFigures): Host {
  const { idc, location } = settings;
  const rates = networkRates(now, before);
  const maxBandwidth = maxBandwidthOf(now.linkSpeed, settings.uploadBytesLimit);
  return {
    id: settings.id,
    type: settings.isSeedPeer ? HOST_TYPE.seed : HOST_TYPE.normal,
    hostname: settings.hostname,
    ip: settings.ip,
    port: settings.uploadPort,
    downloadPort: settings.uploadPort,
    os: "linux",
    platform: "linux",
    platformFamily: "unix",
    platformVersion: now.platformVersion,
    kernelVersion: now.kernelVersion,
    cpu: { logicalCount: now.processors, physicalCount: now.cores, ...processorShares(now, before) },
    memory: memoryMessage(now.memory ?? { total: 0, free: 0, available: 0, own: 0 }),
    network: {
      ...(idc === undefined ? {} : { idc }),
      ...(location === undefined ? {} : { location }),
      maxRxBandwidth: maxBandwidth,
      maxTxBandwidth: maxBandwidth,
      rxBandwidth: Math.min(rates.received, maxBandwidth),
      txBandwidth: Math.min(rates.sent, maxBandwidth),
    },
    disk: diskMessage(now.disk ?? { total: 0, free: 0 }, now, before),
    build: { gitVersion: settings.version, gitCommit: "unknown" },
    schedulerClusterId: settings.schedulerClusterId,
    disableShared: settings.disableShared,
    proxyPort: settings.proxyPort,
    name: settings.name ?? settings.hostname,
  };
}

/** Bits a second that the host can send: what the link does, at most what the configuration allows. Never 0, which schedulers take for "none". */
export function maxBandwidthOf(linkSpeed: number | undefined, uploadBytesLimit: number): number {
  const limit = uploadBytesLimit * 8;
  return Math.max(1, linkSpeed === undefined || linkSpeed <= 0 ? limit : Math.min(linkSpeed, limit));
}

/** Bits a second that went through the interface between two looks; 0 without a second look. */
export function networkRates(
  now: MachineFigures,
  before?: MachineFigures,
): { received: number; sent: number } {
  const [then, current] = [before?.networkBytes, now.networkBytes];
  const passedMs = then === undefined || current === undefined ? 0 : current.atMs - then.atMs;
  if (then === undefined || current === undefined || passedMs <= 0) return { received: 0, sent: 0 };
  const rate = (bytes: number) => Math.max(0, Math.round((bytes * 8000) / passedMs));
  return { received: rate(current.received - then.received), sent: rate(current.sent - then.sent) };
}

function processorShares(now: MachineFigures, before?: MachineFigures) {
  const [then, current] = [before?.processorTime, now.processorTime];
  const total = then === undefined || current === undefined ? 0 : current.total - then.total;
  if (then === undefined || current === undefined || total <= 0) return { percent: 0, processPercent: 0 };
  return {
    percent: percent(current.busy - then.busy, total),
    // Of one processor, as programs count it.
    processPercent: Math.max(0, percent(current.own - then.own, total) * now.processors),
  };
}

function memoryMessage({ total, free, available, own }: NonNullable<MachineFigures["memory"]>) {
  const used = Math.max(0, total - available);
  return {
    total,
    free,
    available,
    used,
    usedPercent: percent(used, total),
    processUsedPercent: percent(own, total),
  };
}

function diskMessage(
  disk: NonNullable<MachineFigures["disk"]>,
  now: MachineFigures,
  before?: MachineFigures,
) {
  const used = Math.max(0, disk.total - disk.free);
  const passedMs = before === undefined ? 0 : now.atMs - before.atMs;
  const rate = (name: "read" | "written") => {
    const bytes = (now.diskBytes?.[name] ?? 0) - (before?.diskBytes?.[name] ?? 0);
    return passedMs > 0 ? Math.max(0, Math.round((bytes * 1000) / passedMs)) : 0;
  };
  return {
    total: disk.total,
    free: disk.free,
    used,
    usedPercent: percent(used, disk.total),
    readBandwidth: rate("read"),
    writeBandwidth: rate("written"),
  };
}

function percent(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, Math.max(0, (100 * part) / whole)) : 0;
}
