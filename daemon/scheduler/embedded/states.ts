/**
 * The lives of a peer and of a task as Dragonfly's scheduler tells them (dragonflyoss/dragonfly, scheduler/resource/standard):
 * closed sets of states, and which event leads from which to which. Pure.
 */
import { P2pfsError } from "../../../base/errors.ts";

/** Their names are on the wire: a client is told its parents' states. */
export type PeerState =
  /** It is known, and nothing more. */
  | "Pending"
  /** It was told that the content is empty. */
  | "ReceivedEmpty"
  /** It is being looked for parents, or was given some. */
  | "ReceivedNormal"
  /** It fetches from its parents. */
  | "Running"
  /** It fetches from the source. */
  | "BackToSource"
  /** It holds what it wanted: the content, or its range. */
  | "Succeeded"
  | "Failed"
  /** Its host has it no more. */
  | "Leave";

export type PeerEvent =
  | "RegisterEmpty"
  | "RegisterNormal"
  | "Download"
  | "DownloadBackToSource"
  | "DownloadSucceeded"
  | "DownloadFailed"
  | "Leave";

export type TaskState = "Pending" | "Running" | "Succeeded" | "Failed" | "Leave";
export type TaskEvent = "Download" | "DownloadSucceeded" | "DownloadFailed" | "Leave";

interface Transition<State> {
  readonly from: readonly State[];
  readonly to: State;
}

const RECEIVED = ["ReceivedEmpty", "ReceivedNormal"] as const;

const PEER: Readonly<Record<PeerEvent, Transition<PeerState>>> = {
  RegisterEmpty: { from: ["Pending"], to: "ReceivedEmpty" },
  RegisterNormal: { from: ["Pending"], to: "ReceivedNormal" },
  Download: { from: RECEIVED, to: "Running" },
  DownloadBackToSource: { from: [...RECEIVED, "Running"], to: "BackToSource" },
  DownloadSucceeded: { from: [...RECEIVED, "Running", "BackToSource"], to: "Succeeded" },
  DownloadFailed: { from: ["Pending", ...RECEIVED, "Running", "BackToSource", "Succeeded"], to: "Failed" },
  Leave: {
    from: ["Pending", ...RECEIVED, "Running", "BackToSource", "Succeeded", "Failed"],
    to: "Leave",
  },
};

const TASK: Readonly<Record<TaskEvent, Transition<TaskState>>> = {
  Download: { from: ["Pending", "Succeeded", "Failed", "Leave"], to: "Running" },
  DownloadSucceeded: { from: ["Running", "Failed", "Leave"], to: "Succeeded" },
  DownloadFailed: { from: ["Running"], to: "Failed" },
  Leave: { from: ["Pending", "Running", "Succeeded", "Failed"], to: "Leave" },
};

/** @throws P2pfsError INTERNAL when that cannot happen to such a peer */
export function peerAfter(state: PeerState, event: PeerEvent): PeerState {
  return after(PEER[event], state, event);
}

/** @throws P2pfsError INTERNAL when that cannot happen to such a task */
export function taskAfter(state: TaskState, event: TaskEvent): TaskState {
  return after(TASK[event], state, event);
}

function after<State extends string>({ from, to }: Transition<State>, state: State, event: string): State {
  if (from.includes(state)) return to;
  // The words of Dragonfly's scheduler.
  throw new P2pfsError("INTERNAL", `event ${event} inappropriate in current state ${state}`);
}
