/** What a message to the scheduler must look like, rule by rule. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkAnnouncement,
  checkHost,
  withSaneFigures,
} from "../../../../daemon/scheduler/embedded/check-request.ts";
import { hostMessage, message, registering } from "./fixtures.ts";

const IDS = { hostId: "a", peerId: "a-1" };
const PIECE = { number: 0, digest: "crc32:1", cost: { seconds: 1 }, createdAt: { seconds: 1 } };

test("messages as Dragonfly's clients send them are taken", () => {
  checkAnnouncement(registering(IDS));
  checkAnnouncement(registering(IDS, { digest: `sha256:${"a".repeat(64)}`, pieceLength: 4 * 2 ** 20 }));
  checkAnnouncement(message(IDS, { downloadPieceFinishedRequest: { piece: PIECE } }));
  checkAnnouncement(message(IDS, { downloadPieceFinishedRequest: { piece: { ...PIECE, digest: "" } } }));
  checkHost(hostMessage("a"));
});

const refused: Readonly<Record<string, () => void>> = {
  "without a host's id": () => checkAnnouncement(registering({ hostId: "", peerId: "p" })),
  "without a task's id": () => checkAnnouncement(registering({ ...IDS, taskId: "" })),
  "with an id that is a book": () =>
    checkAnnouncement(registering({ hostId: "a".repeat(5000), peerId: "p" })),
  "without a request": () => checkAnnouncement(message(IDS, {})),
  "without a download": () => checkAnnouncement(message(IDS, { registerPeerRequest: {} })),
  "with a URL that is none": () => checkAnnouncement(registering(IDS, { url: "no url" })),
  "with pieces too short": () => checkAnnouncement(registering(IDS, { pieceLength: 1024 })),
  "with pieces too long": () => checkAnnouncement(registering(IDS, { pieceLength: 2 ** 40 })),
  "with a digest of no kind": () => checkAnnouncement(registering(IDS, { digest: "md4:00" })),
  "with a priority that there is not": () => checkAnnouncement(registering(IDS, { priority: 77 })),
  "with an address that is none": () => checkAnnouncement(registering(IDS, { remoteIp: "here" })),
  "with a thousand headers": () => {
    const requestHeader = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`h${at}`, ""]));
    checkAnnouncement(registering(IDS, { requestHeader }));
  },
  "with headers that are a book": () =>
    checkAnnouncement(registering(IDS, { requestHeader: { a: "x".repeat(20_000), b: "x".repeat(20_000) } })),
  "with a content longer than any": () =>
    checkAnnouncement(registering(IDS, { actualContentLength: 2 ** 63 })),
  "with more pieces than there are": () =>
    checkAnnouncement(registering(IDS, { actualPieceCount: 2 ** 32 - 1 })),
  "with pieces longer than any": () => checkAnnouncement(registering(IDS, { actualPieceLength: 2 ** 63 })),
  "with a million pieces at once": () =>
    checkAnnouncement(registering(IDS, { concurrentPieceCount: 10 ** 6 })),
  "with a tag that is a book": () => checkAnnouncement(registering(IDS, { tag: "x".repeat(5000) })),
  "with a piece that has no cost": () =>
    checkAnnouncement(message(IDS, { downloadPieceFinishedRequest: { piece: { ...PIECE, cost: null } } })),
  "with a piece of no time": () =>
    checkAnnouncement(
      message(IDS, { downloadPieceBackToSourceFinishedRequest: { piece: { ...PIECE, createdAt: null } } }),
    ),
  "with a failed piece of nobody": () =>
    checkAnnouncement(message(IDS, { downloadPieceFailedRequest: { parentId: "" } })),
  "with no host": () => checkHost(null),
  "with a host without a name": () => checkHost(hostMessage("a", { hostname: "" })),
  "with a host on a port of the system": () => checkHost(hostMessage("a", { port: 80 })),
  "with a host at no address": () => checkHost(hostMessage("a", { ip: "everywhere" })),
  "with a host of an unknown type": () => checkHost(hostMessage("a", { type: 9 })),
  "with a host whose kernel has a long name": () =>
    checkHost(hostMessage("a", { kernelVersion: "x".repeat(5000) })),
};

for (const [what, check] of Object.entries(refused))
  test(`a message ${what} is refused`, () => assert.throws(check, { code: "INVALID_ARGUMENT" }));

test("figures that no machine has become figures that can be reckoned with", () => {
  const host = hostMessage("a");
  const network = { ...host.network, maxTxBandwidth: Number.NaN, txBandwidth: 1e300, maxRxBandwidth: -1e9 };
  const { network: sane } = withSaneFigures({ ...host, network } as never);
  assert.deepEqual([sane?.maxTxBandwidth, sane?.txBandwidth, sane?.maxRxBandwidth], [0, 1e18, -1]);
});
