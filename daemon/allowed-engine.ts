/** The engine as the mount sees it in a cluster that forbids downloads: what is forbidden is not opened. */
import type { EngineApi, TaskRequest } from "./engine/open-task.ts";

/** @param check throws PermissionError for a request that is forbidden */
export function allowedEngine(engine: EngineApi, check: (request: TaskRequest) => void): EngineApi {
  return {
    stat: (request, signal) => engine.stat(request, signal),
    async open(request, signal) {
      check(request);
      return engine.open(request, signal);
    },
    openKnown: (id, request) => engine.openKnown(id, request),
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
