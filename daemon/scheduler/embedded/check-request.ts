/**
 * What a message must look like before anything is made of it: the rules Dragonfly's API is shipped with (protoc-gen-validate),
 * which its scheduler enforces, and bounds of our own. Pure.
 */
import { isIP } from "node:net";
import { InvalidInputError } from "../../../base/errors.ts";
import {
  CLUSTER_TEXT_MAX,
  CONTENT_BYTES_MAX,
  DESCRIPTION_TEXT_MAX,
  HOST_FIGURE_MAX,
  WIRE_CONCURRENT_PIECES_MAX,
  WIRE_ENTRIES_MAX,
  WIRE_HEADERS_MAX,
  WIRE_PIECES_MAX,
  WIRE_URL_MAX,
} from "../../../base/limits.ts";
import type { Download__Output } from "../../../proto/gen/common/v2/Download.ts";
import type { Host__Output } from "../../../proto/gen/common/v2/Host.ts";
import type { Piece__Output } from "../../../proto/gen/common/v2/Piece.ts";
import type { AnnouncePeerRequest__Output } from "../../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";

const MIB = 1024 * 1024;
const PIECE_LENGTH_MIN = 4 * MIB;
const PIECE_LENGTH_MAX = 64 * MIB;
const PORT_MIN = 1024;
const PORT_MAX = 65_534;
const HOST_TYPE_MAX = 3;
const DIGEST =
  /^(md5:[a-fA-F0-9]{32}|sha1:[a-fA-F0-9]{40}|sha256:[a-fA-F0-9]{64}|sha512:[a-fA-F0-9]{128}|blake3:[a-fA-F0-9]{64}|crc32:[a-fA-F0-9]{1,16})$/;

/** @throws InvalidInputError */
export function checkHost(host: Host__Output | null | undefined): asserts host is Host__Output {
  if (!host) throw invalid("AnnounceHostRequest.Host: value is required");
  checkId("Host.Id", host.id);
  checkId("Host.Hostname", host.hostname);
  demand(isIP(host.ip) !== 0, "Host.Ip: value must be a valid IP address");
  demand(host.type <= HOST_TYPE_MAX, `Host.Type: value must be at most ${HOST_TYPE_MAX}`);
  for (const [name, port] of [
    ["Port", host.port],
    ["DownloadPort", host.downloadPort],
  ] as const)
    demand(
      port >= PORT_MIN && port <= PORT_MAX,
      `Host.${name}: value must be inside range [${PORT_MIN}, ${PORT_MAX}]`,
    );
  for (const text of textsOf(host))
    demand(
      text.length <= DESCRIPTION_TEXT_MAX,
      `Host: a text has at most ${DESCRIPTION_TEXT_MAX} characters`,
    );
}

/** The host with figures that no machine has put within bounds: what is reckoned with them stays a number. */
export function withSaneFigures(host: Host__Output): Host__Output {
  return sane(host) as Host__Output;
}

/** @throws InvalidInputError */
export function checkIds(ids: Readonly<Record<string, string>>): void {
  for (const [name, id] of Object.entries(ids)) checkId(name, id);
}

/** What any message of a conversation must hold. @throws InvalidInputError */
export function checkAnnouncement(message: AnnouncePeerRequest__Output): void {
  checkIds({
    "AnnouncePeerRequest.HostId": message.hostId,
    "AnnouncePeerRequest.TaskId": message.taskId,
    "AnnouncePeerRequest.PeerId": message.peerId,
  });
  demand(message.request !== undefined, "AnnouncePeerRequest.Request: value is required");
  if (message.registerPeerRequest) checkDownload(message.registerPeerRequest.download);
  if (message.downloadPieceFinishedRequest) checkPiece(message.downloadPieceFinishedRequest.piece);
  if (message.downloadPieceBackToSourceFinishedRequest)
    checkPiece(message.downloadPieceBackToSourceFinishedRequest.piece);
  if (message.downloadPieceFailedRequest)
    checkId("DownloadPieceFailedRequest.ParentId", message.downloadPieceFailedRequest.parentId);
  for (const { id } of message.reschedulePeerRequest?.candidateParents ?? []) checkId("Peer.Id", id);
}

/** @throws InvalidInputError */
function checkDownload(download: Download__Output | null | undefined): void {
  if (!download) throw invalid("RegisterPeerRequest.Download: value is required");
  const { url, digest, type, priority, pieceLength, outputPath, remoteIp } = download;
  demand(url.length <= WIRE_URL_MAX && URL.canParse(url), "Download.Url: value must be absolute");
  demand(digest === undefined || isDigest(digest), "Download.Digest: value does not match regex pattern");
  // An enum's unknown value is a number here.
  demand(typeof type === "string", "Download.Type: value must be one of the defined enum values");
  demand(typeof priority === "string", "Download.Priority: value must be one of the defined enum values");
  demand(
    pieceLength === undefined || (pieceLength >= PIECE_LENGTH_MIN && pieceLength <= PIECE_LENGTH_MAX),
    `Download.PieceLength: value must be inside range [${PIECE_LENGTH_MIN}, ${PIECE_LENGTH_MAX}]`,
  );
  demand(
    outputPath === undefined || outputPath !== "",
    "Download.OutputPath: value length must be at least 1",
  );
  demand(
    remoteIp === undefined || isIP(remoteIp) !== 0,
    "Download.RemoteIp: value must be a valid IP address",
  );
  checkSizes(download);
  for (const entries of [
    download.filteredQueryParams,
    download.certificateChain,
    Object.keys(download.requestHeader),
  ])
    demand(entries.length <= WIRE_ENTRIES_MAX, `Download: a list has at most ${WIRE_ENTRIES_MAX} entries`);
  for (const text of [download.tag, download.application, ...download.filteredQueryParams])
    demand(
      (text ?? "").length <= DESCRIPTION_TEXT_MAX,
      `Download: a text has at most ${DESCRIPTION_TEXT_MAX} characters`,
    );
}

/** What is reckoned with, and what is kept of it for as long as the task is. @throws InvalidInputError */
function checkSizes(download: Download__Output): void {
  const { actualContentLength, actualPieceLength, actualPieceCount, concurrentPieceCount } = download;
  for (const [name, value, max] of [
    ["ActualContentLength", actualContentLength, CONTENT_BYTES_MAX],
    ["ActualPieceLength", actualPieceLength, PIECE_LENGTH_MAX],
    ["ActualPieceCount", actualPieceCount, WIRE_PIECES_MAX],
    ["ConcurrentPieceCount", concurrentPieceCount, WIRE_CONCURRENT_PIECES_MAX],
  ] as const)
    demand(value === undefined || value <= max, `Download.${name}: value must be at most ${max}`);
  const headers = Object.entries(download.requestHeader).reduce(
    (sum, [name, value]) => sum + name.length + value.length,
    0,
  );
  demand(
    headers <= WIRE_HEADERS_MAX,
    `Download.RequestHeader: all of it has at most ${WIRE_HEADERS_MAX} characters`,
  );
}

/** @throws InvalidInputError */
function checkPiece(piece: Piece__Output | null | undefined): void {
  if (!piece) throw invalid("DownloadPieceFinishedRequest.Piece: value is required");
  demand(piece.digest === "" || isDigest(piece.digest), "Piece.Digest: value does not match regex pattern");
  demand(
    piece.parentId === undefined || piece.parentId !== "",
    "Piece.ParentId: value length must be at least 1",
  );
  demand(piece.content === undefined || piece.content.length > 0, "Piece.Content: value must not be empty");
  demand(Boolean(piece.cost), "Piece.Cost: value is required");
  demand(Boolean(piece.createdAt), "Piece.CreatedAt: value is required");
}

function isDigest(text: string): boolean {
  return text.length <= DESCRIPTION_TEXT_MAX && DIGEST.test(text);
}

function checkId(name: string, id: string): void {
  demand(id !== "", `${name}: value length must be at least 1 characters`);
  demand(
    id.length <= CLUSTER_TEXT_MAX,
    `${name}: value length must be at most ${CLUSTER_TEXT_MAX} characters`,
  );
}

function demand(holds: boolean, message: string): void {
  if (!holds) throw invalid(message);
}

function invalid(message: string): InvalidInputError {
  return new InvalidInputError(`invalid ${message}`);
}

function* textsOf(value: object): Generator<string> {
  for (const each of Object.values(value)) {
    if (typeof each === "string") yield each;
    else if (typeof each === "object" && each !== null) yield* textsOf(each);
  }
}

function sane(value: unknown): unknown {
  if (typeof value === "number")
    return Number.isFinite(value) ? Math.min(HOST_FIGURE_MAX, Math.max(-1, value)) : 0;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, sane(each)]));
}
