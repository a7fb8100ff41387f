/**
 * p2pfs.v1 Pieces/Manifest: what the pieces of a task were when they came here, so that another host can tell whether a third one
 * gives it the same.
 */
import { InvalidInputError, NotFoundError, PermissionError } from "../../base/errors.ts";
import { MANIFEST_PIECES_MAX } from "../../base/limits.ts";
import type { ManifestRequest__Output } from "../../proto/gen/p2pfs/v1/ManifestRequest.ts";
import type { ManifestResponse } from "../../proto/gen/p2pfs/v1/ManifestResponse.ts";
import type { EngineApi } from "../engine/open-task.ts";
import { parseTaskId } from "../task/ids.ts";
import { isOneVersion } from "../task/version.ts";
import { checkName } from "./network-download.ts";

export interface ManifestsOptions {
  readonly engine: Pick<EngineApi, "record" | "openKnown">;
  /** False: this host gives nothing to others (upload.disableShared). */
  readonly shares: boolean;
}

/** Answers one call. @throws InvalidInputError, NotFoundError, PermissionError */
export async function manifestOf(
  { engine, shares }: ManifestsOptions,
  request: ManifestRequest__Output,
): Promise<ManifestResponse> {
  const { hostId, version, pieceLength, firstPiece: first, pieceCount: count } = request;
  checkName("host id", hostId);
  const taskId = parseTaskId(request.taskId);
  if (count > MANIFEST_PIECES_MAX)
    throw new InvalidInputError(`at most ${MANIFEST_PIECES_MAX} pieces are told of at once`);
  if (!shares) throw new PermissionError("this host gives nothing to others (upload.disableShared)");
  const record = engine.record(taskId);
  const own = record && {
    length: record.contentLength,
    etag: record.etag,
    lastModified: record.lastModified,
  };
  if (
    own === undefined ||
    version === null ||
    !isOneVersion(own, version) ||
    record?.pieceLength !== pieceLength
  )
    throw new NotFoundError(`task ${taskId} not found`);
  const task = await engine.openKnown(taskId);
  try {
    const pieces = await task.finishedPieces({ first, count });
    return {
      pieces: pieces.map(({ number, digest, parentId = "" }) => ({ number, digest, parentId })),
    };
  } finally {
    await task.close();
  }
}
