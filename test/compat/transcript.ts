/** Recordings of Dragonfly as data: the lines of a scenario, and its gRPC streams with both sides' messages in their order. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../project-root.ts";

/** One line; see transcripts/README.md. */
export interface Line {
  readonly t: number;
  readonly kind: string;
  readonly from?: string;
  readonly to?: string;
  readonly port?: number;
  readonly conn?: number;
  readonly stream?: number;
  readonly rpc?: string;
  readonly type?: string;
  readonly bytes?: string | { readonly length: number; readonly sha256: string };
  readonly code?: number;
  readonly message?: string;
  readonly redacted?: readonly string[];
  /** Of a vortex packet: its bytes, up to where content begins. */
  readonly hex?: string;
  readonly tag?: number;
  /** Of a vortex packet's value or of content. */
  readonly length?: number;
  /** Bytes of the same connection after a vortex request. */
  readonly extra?: number;
}

/** A call of one host to another. */
export interface RecordedCall {
  readonly scenario: string;
  readonly client: string;
  readonly server: string;
  readonly rpc: string;
  /** Messages of both sides and the status, in order. */
  readonly events: readonly RecordedEvent[];
}

export type RecordedEvent =
  | { readonly by: "client" | "server"; readonly bytes: Buffer }
  | { readonly by: "status"; readonly code: number; readonly details: string };

const FOLDER = join(projectRoot(), "test/compat/transcripts");

/** Names of all scenarios. */
export function scenarios(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => name.slice(0, -".jsonl".length))
    .sort();
}

/** When a scenario began, ms since the epoch. */
export function beganMs(scenario: string): number {
  const [first = "{}"] = readFileSync(join(FOLDER, `${scenario}.jsonl`), "utf8").split("\n", 1);
  return Date.parse((JSON.parse(first) as { began: string }).began);
}

/** All lines of a scenario but its first. */
export function linesOf(scenario: string): readonly Line[] {
  const text = readFileSync(join(FOLDER, `${scenario}.jsonl`), "utf8");
  return text
    .split("\n")
    .slice(1)
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

/** The calls of one method whose beginning is in the recording. */
export function callsOf(scenario: string, rpc: string): readonly RecordedCall[] {
  const calls = new Map<string, { client: string; server: string; events: RecordedEvent[] }>();
  for (const line of linesOf(scenario)) {
    if (line.rpc !== rpc) continue;
    const key = `${line.conn} ${line.stream}`;
    const { from = "", to = "" } = line;
    if (line.kind === "call") calls.set(key, { client: from, server: to, events: [] });
    const call = calls.get(key);
    if (line.kind === "message" && typeof line.bytes === "string")
      call?.events.push({
        by: from === call.client ? "client" : "server",
        bytes: Buffer.from(line.bytes, "base64"),
      });
    if (line.kind === "status")
      call?.events.push({
        by: "status",
        code: line.code ?? 0,
        details: decodeURIComponent(line.message ?? ""),
      });
  }
  return [...calls.values()].map((call) => ({ scenario, rpc, ...call }));
}
