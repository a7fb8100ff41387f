/**
 * How good a parent is for a child: Dragonfly's weights (scheduler/scheduling/evaluator) for load, place and kind of host.
 * Figures that a host tells are believed within bounds. Pure.
 */
import type { KnownHost, KnownPeer } from "./known.ts";

const WEIGHT = { load: 0.6, idc: 0.2, location: 0.1, hostType: 0.1 } as const;
const LOAD_WEIGHT = { rate: 0.5, bytes: 0.3, pieces: 0.2 } as const;

/** Bits a second that one piece at once is reckoned to need. */
const PIECE_RATE = 16 * 1024 * 1024 * 8;
/** Seconds of a host's bandwidth over which content that was promised is spread. */
const BYTES_SPREAD_SECONDS = 60;
/** Elements of a location that count, as in "country|region|zone|rack|row". */
const LOCATION_ELEMENTS = 5;

/** Between 0 and 1; the higher the better. */
export function scoreOf(parent: KnownPeer, child: KnownPeer): number {
  return (
    WEIGHT.load * loadScore(parent.host) +
    WEIGHT.idc * idcScore(parent.host, child.host) +
    WEIGHT.location * locationScore(parent.host, child.host) +
    WEIGHT.hostType * hostTypeScore(parent)
  );
}

/** Whether nobody should be given it: it is not at work, or its last piece took far too long. */
export function isBadParent({ state, costs }: KnownPeer): boolean {
  if (state === "Running" || state === "BackToSource" || state === "Succeeded")
    return costs?.isOutOfLine ?? false;
  return true;
}

function loadScore(host: KnownHost): number {
  const { network } = host.message;
  const maxRate = network?.maxTxBandwidth ?? 0;
  // It does not say what it can.
  if (maxRate <= 0) return 0;
  const rate = (network?.txBandwidth ?? 0) + host.promisedRate;
  const bytesRate = (host.promisedBytes * 8) / BYTES_SPREAD_SECONDS;
  return (
    LOAD_WEIGHT.rate * share(1 - rate / maxRate) +
    LOAD_WEIGHT.bytes * share(1 - bytesRate / maxRate) +
    LOAD_WEIGHT.pieces * piecesScore(maxRate / PIECE_RATE, host.promisedPieces)
  );
}

function piecesScore(able: number, promised: number): number {
  if (able <= 1) return 0;
  return promised <= able ? 1 : able / promised;
}

function idcScore(parent: KnownHost, child: KnownHost): number {
  const [one, other] = [parent, child].map(({ message }) => message.network?.idc?.toLowerCase() ?? "");
  return one !== "" && one === other ? 1 : 0;
}

function locationScore(parent: KnownHost, child: KnownHost): number {
  const [one = "", other = ""] = [parent, child].map(
    ({ message }) => message.network?.location?.toLowerCase() ?? "",
  );
  if (one === "" || other === "") return 0;
  if (one === other) return 1;
  const theirs = other.split("|");
  const elements = one.split("|").slice(0, LOCATION_ELEMENTS);
  const different = elements.findIndex((element, index) => element !== theirs[index]);
  return (different === -1 ? elements.length : different) / LOCATION_ELEMENTS;
}

/** A seed that is at work has what nobody else has; one that is done is better left to those who find nobody else. */
function hostTypeScore({ host, state }: KnownPeer): number {
  if (host.message.type === 0) return 0.5;
  return state === "ReceivedNormal" || state === "Running" ? 1 : 0;
}

function share(value: number): number {
  return Math.min(1, Math.max(0, value));
}
