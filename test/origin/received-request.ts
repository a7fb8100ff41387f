/**
 * A request as an origin received it, and what every signature check needs of it: header values as HTTP joins them,
 * names and values of the query, percent-decoding and -encoding. Written for the test origins alone: nothing of the
 * code under test is used here.
 */

/** A request's head, before anything was decoded. */
export interface ReceivedRequest {
  readonly method: string;
  /** The request target as it stood in the request line: path, "?" and query, percent-encoded. */
  readonly target: string;
  /** Names and values in the order they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Whether it came over TLS. */
  readonly secure: boolean;
}

/** What a signature check found. A refusal is what the vendor would answer. */
export type Verdict =
  | { readonly kind: "signed"; readonly accessKeyID: string }
  | { readonly kind: "anonymous" }
  | Refusal;

export interface Refusal {
  readonly kind: "refused";
  readonly statusCode: number;
  readonly code: string;
  readonly message: string;
  /** More elements of the vendor's error document, such as Region. */
  readonly elements?: Readonly<Record<string, string>>;
}

/** Keys that may sign, by id. */
export type SecretOf = (accessKeyID: string) => Secret | undefined;

export interface Secret {
  readonly accessKeySecret: string;
  /** When set, the requests must carry this session token. */
  readonly securityToken?: string;
}

export function refuse(
  statusCode: number,
  code: string,
  message: string,
  elements?: Record<string, string>,
): Refusal {
  return { kind: "refused", statusCode, code, message, ...(elements === undefined ? {} : { elements }) };
}

/** The header's values joined by ",", or undefined. */
export function headerOf(request: ReceivedRequest, name: string): string | undefined {
  const values = valuesOf(request, name);
  return values.length === 0 ? undefined : values.join(",");
}

/** Every value of the header, in the order they came. */
export function valuesOf(request: ReceivedRequest, name: string): string[] {
  return request.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

/** Lower-case names of all headers, each once. */
export function headerNames(request: ReceivedRequest): string[] {
  return [...new Set(request.headers.map(([name]) => name.toLowerCase()))];
}

export function pathOf(request: ReceivedRequest): string {
  const query = request.target.indexOf("?");
  return query === -1 ? request.target : request.target.slice(0, query);
}

/** A parameter of the query, decoded; without "=" its value is undefined. */
export interface QueryParameter {
  readonly name: string;
  readonly value: string | undefined;
}

export function queryOf(request: ReceivedRequest): QueryParameter[] {
  const start = request.target.indexOf("?");
  if (start === -1 || start === request.target.length - 1) return [];
  return request.target
    .slice(start + 1)
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      if (equals === -1) return { name: percentDecode(pair, true), value: undefined };
      return {
        name: percentDecode(pair.slice(0, equals), true),
        value: percentDecode(pair.slice(equals + 1), true),
      };
    });
}

/** The first value of a parameter; "" when it stands without one, undefined when it is not there. */
export function parameterOf(request: ReceivedRequest, name: string): string | undefined {
  const found = queryOf(request).find((parameter) => parameter.name === name);
  return found === undefined ? undefined : (found.value ?? "");
}

/** Bytes behind percent-encoding, as UTF-8. In queries "+" is a space. */
export function percentDecode(text: string, plusIsSpace = false): string {
  const source = Buffer.from(text, "utf8");
  const bytes: number[] = [];
  for (let at = 0; at < source.length; at++) {
    const byte = source[at] ?? 0;
    const hex = source.toString("latin1", at + 1, at + 3);
    if (byte === 0x25 && /^[0-9A-Fa-f]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else bytes.push(plusIsSpace && byte === 0x2b ? 0x20 : byte);
  }
  return Buffer.from(bytes).toString("utf8");
}

const UNRESERVED = new Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

/** Percent-encodes the UTF-8 bytes of all but unreserved characters, and of slashes unless they are kept. */
export function percentEncode(text: string, keepSlashes = false): string {
  let encoded = "";
  for (const byte of Buffer.from(text, "utf8")) {
    const character = String.fromCharCode(byte);
    if (UNRESERVED.has(character) || (keepSlashes && character === "/")) encoded += character;
    else encoded += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** "20130524T000000Z" as ms since the epoch, or undefined. */
export function parseBasicTime(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Order of strings by the bytes of their UTF-8. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
