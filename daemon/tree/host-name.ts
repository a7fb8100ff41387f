/**
 * Names directly below /http and /https: HOST or HOST:PORT as in a URL. HOST is a host name (underscores and names of
 * other scripts too), an IPv4 address in four decimal parts, or an IPv6 address in brackets: `[::1]:8080`. What cannot
 * be one is told without asking the network, so that a mistake is ENOENT at once. Pure.
 */

/** Longest host name, bytes, without a dot at its end (RFC 1035 §2.3.4). */
const HOST_NAME_BYTES_MAX = 253;

const HOST_AND_PORT = /^(?<host>\[[0-9A-Fa-f:.]+\]|[^\s:[\]@/?#\\%<>^|]+)(?::(?<port>[1-9][0-9]{0,4}))?$/;

/**
 * The origin a name stands for, as URLs write it: host in lower case, the scheme's own port left out. Undefined when the
 * name is no HOST[:PORT].
 */
export function originOfHostName(scheme: "http" | "https", name: string): string | undefined {
  const { host, port } = HOST_AND_PORT.exec(name)?.groups ?? {};
  if (host === undefined || Number(port ?? 1) > 65_535) return undefined;
  const url = parse(`${scheme}://${name}`);
  if (url === undefined) return undefined;
  if (host.startsWith("[")) return url.origin;
  // A parser of URLs makes addresses of "1", "0x7f.1" and "127.1": here they are names nobody has.
  const foreign = Buffer.byteLength(host) > host.length;
  if (!foreign && url.hostname !== host.toLowerCase()) return undefined;
  const labels = url.hostname.replace(/\.$/, "").split(".");
  if (url.hostname.length > HOST_NAME_BYTES_MAX + 1) return undefined;
  return labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
    ? url.origin
    : undefined;
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
