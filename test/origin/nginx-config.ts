/** The text of the configuration of a test's nginx. Pure; nginx.ts runs it. */
import type { Certificates } from "./certificates.ts";

export interface NginxOptions {
  /** Address to listen on; default 127.0.0.1. */
  readonly address?: string;
  /** Port to listen on; by default a free one is found. */
  readonly port?: number;
  /** Network namespace (as `ip netns` names it) to run in; root only. */
  readonly netns?: string;
  /** Folder for the server's own files, removed with them; by default a new one. */
  readonly prefix?: string;
  /** Folder to serve; by default a new one that goes with the server. */
  readonly root?: string;
  /** Index pages for folders; default off, which makes a folder 403. */
  readonly autoindex?: boolean;
  /** The ETag header; default on. nginx makes it of the modification second and the length. */
  readonly etag?: boolean;
  /** The Last-Modified header; default on. */
  readonly lastModified?: boolean;
  readonly basicAuth?: { readonly user: string; readonly password: string };
  /** One answer for every path in place of the files: a status, or a page of HTML with status 200. */
  readonly everywhere?: "html" | number;
  /** More blocks for the server, in nginx's own words: `location /old/ { return 302 /new/; }`. */
  readonly locations?: readonly string[];
  /** HTTPS below a certificate authority made for this server; default off. */
  readonly tls?: boolean;
  /** Default on. */
  readonly sendfile?: boolean;
  /** Worker processes; default 1. */
  readonly workers?: number;
}

/** Where the server's own files lie, and what was settled before it starts. */
export interface NginxPlaces {
  readonly prefix: string;
  readonly root: string;
  readonly address: string;
  readonly port: number;
  readonly certificates: Certificates | undefined;
}

/** Path on the control socket that answers nginx's own connection counts. */
export const STATUS_PATH = "/status";

/** One JSON object per finished request; all values are strings, since nginx may leave any of them empty. */
const LOG_FORMAT =
  '\'{"at":"$msec","method":"$request_method","uri":"$request_uri","status":"$status","range":"$http_range",' +
  '"ifRange":"$http_if_range","bodyBytes":"$body_bytes_sent","seconds":"$request_time","connection":"$connection"}\'';

const TYPES = "types { text/html html htm; text/plain txt; application/json json; }";

function everyPath(options: NginxOptions): string {
  if (options.everywhere === "html") {
    return 'location / { default_type text/html; return 200 "<html><body>always the same</body></html>"; }';
  }
  if (options.everywhere !== undefined) return `location / { return ${options.everywhere}; }`;
  return "location / { }";
}

function serverBlock(options: NginxOptions, places: NginxPlaces): string[] {
  const { certificates } = places;
  return [
    `listen ${places.address}:${places.port}${certificates === undefined ? "" : " ssl"};`,
    ...(certificates === undefined
      ? []
      : [`ssl_certificate ${certificates.certificateFile};`, `ssl_certificate_key ${certificates.keyFile};`]),
    `root ${places.root};`,
    `autoindex ${options.autoindex === true ? "on" : "off"};`,
    `etag ${options.etag === false ? "off" : "on"};`,
    ...(options.lastModified === false ? ['add_header Last-Modified "";'] : []),
    ...(options.basicAuth === undefined
      ? []
      : ['auth_basic "test origin";', `auth_basic_user_file ${places.prefix}/users;`]),
    ...(options.locations ?? []),
    everyPath(options),
  ];
}

/** The whole configuration file. */
export function nginxConfig(options: NginxOptions, places: NginxPlaces): string {
  const { prefix } = places;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return [
    "daemon off;",
    `worker_processes ${options.workers ?? 1};`,
    // The folders of tests are closed to others; nginx would hand its workers to nobody.
    ...(process.getuid?.() === 0 ? ["user root root;"] : []),
    `pid ${prefix}/pid;`,
    `error_log ${prefix}/error.log warn;`,
    "events { worker_connections 4096; }",
    "http {",
    TYPES,
    "default_type application/octet-stream;",
    `log_format p2pfs escape=json ${LOG_FORMAT};`,
    `access_log ${prefix}/access.log p2pfs;`,
    ...temporary.map((name) => `${name}_temp_path ${prefix}/${name};`),
    `sendfile ${options.sendfile === false ? "off" : "on"};`,
    "tcp_nodelay on;",
    "keepalive_requests 1000000;",
    "server {",
    ...serverBlock(options, places),
    "}",
    `server { listen unix:${prefix}/control.sock; access_log off; location ${STATUS_PATH} { stub_status; } }`,
    "}",
    "",
  ].join("\n");
}
