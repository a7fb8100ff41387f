/**
 * The engine as the mount sees it: what the cluster forbids is not opened, and where mount.integrity demands an anchor no content
 * without one.
 */
import { IntegrityError } from "../base/errors.ts";
import type { EngineApi, TaskRequest } from "./engine/open-task.ts";

/** See the configuration's section "mount". */
export interface MountDemands {
  readonly anchored?: boolean;
  readonly disableBackToSource?: boolean;
}

/**
 * @param check throws PermissionError for a request that is forbidden
 * @param demands `anchored`: only content with a digest of its own is opened, and no byte of it is shown before all of it has that;
 *   `disableBackToSource`: only other hosts give what is missing
 */
export function allowedEngine(
  engine: EngineApi,
  check: (request: TaskRequest) => void,
  { anchored, disableBackToSource }: MountDemands = {},
): EngineApi {
  return {
    stat: (request, signal) => engine.stat(request, signal),
    async open(asked, signal) {
      check(asked);
      const request = disableBackToSource ? { ...asked, disableBackToSource } : asked;
      if (!anchored) return engine.open(request, signal);
      const { stat } = await engine.stat(request, signal);
      return engine.open({ ...request, anchors: anchorsOf(request.anchors, stat.digests) }, signal);
    },
    async openKnown(id, asked) {
      const request = asked && disableBackToSource ? { ...asked, disableBackToSource } : asked;
      if (!anchored) return engine.openKnown(id, request);
      const record = engine.record(id);
      if (record === undefined) return engine.openKnown(id, request);
      const anchors = anchorsOf(request?.anchors, record.anchors);
      // What is whole was checked; what is not is to be asked for as its reader would.
      if (request === undefined && record.verified === "anchored") return engine.openKnown(id);
      return engine.openKnown(id, { ...(request ?? { url: record.url, headers: {} }), anchors });
    },
    taskIdFor: (request, answer) => engine.taskIdFor(request, answer),
    record: (id) => engine.record(id),
    records: () => engine.records(),
    progress: (id) => engine.progress(id),
    get windowBytesMax() {
      return engine.windowBytesMax;
    },
    delete: (id) => engine.delete(id),
    close: () => engine.close(),
  };
}

/** @throws IntegrityError when there is none */
function anchorsOf(asked: readonly string[] = [], own: readonly string[] = []): readonly string[] {
  const anchors = [...asked, ...own];
  if (anchors.length > 0) return anchors;
  throw new IntegrityError(
    "nothing says what this content should be, and mount.integrity demands it (anchored): link it with its digest",
  );
}
