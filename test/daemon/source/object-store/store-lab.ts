/** A source of ours, a test server of one vendor's kind, and a file to read into: what tests of object stores begin with. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Clock, systemClock } from "../../../../base/clock.ts";
import type { Destination } from "../../../../base/destination.ts";
import { UnavailableError } from "../../../../base/errors.ts";
import { BufferPool } from "../../../../base/file-pump.ts";
import { BLOCK_BYTES } from "../../../../base/limits.ts";
import type { HttpSourceOptions } from "../../../../daemon/source/http/http-source.ts";
import type { HostLookup } from "../../../../daemon/source/name-lookup.ts";
import { ossSource } from "../../../../daemon/source/oss/oss-source.ts";
import { s3Source } from "../../../../daemon/source/s3/s3-source.ts";
import type {
  ListRequest,
  ObjectStorageOptions,
  Source,
  SourceEntry,
  SourceReadRequest,
  SourceRequest,
  Validator,
} from "../../../../daemon/source/source.ts";
import type { ObjectServer } from "../../../origin/object-server.ts";
import { type OssServerOptions, startOssServer } from "../../../origin/oss-server.ts";
import { type S3ServerOptions, startS3Server } from "../../../origin/s3-server.ts";

export const SECRETS = {
  AKID: { accessKeySecret: "the+secret/of=AKID" },
  TEMPORARY: { accessKeySecret: "another secret", securityToken: "session+token/==" },
};

/** Each way of signing in its turn. */
export const VENDORS = ["s3", "oss v4", "oss v1"] as const;
export type Vendor = (typeof VENDORS)[number];

/** Every *.test is this machine; nothing else is known. */
const names: HostLookup = {
  async addresses(host) {
    if (host === "127.0.0.1" || host.endsWith(".test")) return [{ address: "127.0.0.1", family: 4 }];
    throw new UnavailableError(`${host} has no address`);
  },
  async close() {},
};

export interface LabOptions {
  readonly server?: Partial<S3ServerOptions & OssServerOptions>;
  readonly client?: Partial<HttpSourceOptions>;
  readonly clock?: Clock;
  /** On top of endpoint, keys and signature. */
  readonly storage?: Partial<ObjectStorageOptions>;
}

export class StoreLab {
  readonly scheme: "s3" | "oss";
  readonly server: ObjectServer;
  readonly source: Source;
  readonly storage: ObjectStorageOptions;
  readonly folder: string;
  readonly #open: number[] = [];

  private constructor(vendor: Vendor, server: ObjectServer, options: LabOptions) {
    this.scheme = vendor === "s3" ? "s3" : "oss";
    this.server = server;
    this.folder = mkdtempSync(join(tmpdir(), "p2pfs-store-"));
    const sourceOptions: HttpSourceOptions = {
      clock: options.clock ?? systemClock,
      names,
      userAgent: "p2pfs/test",
      buffers: new BufferPool(16 * BLOCK_BYTES),
      maxRetries: 0,
      ...options.client,
    };
    this.source = vendor === "s3" ? s3Source(sourceOptions) : ossSource(sourceOptions);
    this.storage = {
      endpoint: server.endpoint,
      region: vendor === "s3" ? "us-east-1" : "cn-hangzhou",
      accessKeyID: "AKID",
      accessKeySecret: SECRETS.AKID.accessKeySecret,
      ...(vendor === "oss v1" ? { signature: "v1" } : {}),
      ...options.storage,
    };
  }

  /** Closed when the test ends. */
  static async start(context: TestContext, vendor: Vendor, options: LabOptions = {}): Promise<StoreLab> {
    const serverOptions = { secrets: SECRETS, ...options.server };
    const server = await (vendor === "s3" ? startS3Server(serverOptions) : startOssServer(serverOptions));
    const lab = new StoreLab(vendor, server, options);
    context.after(() => lab.close());
    server.objects.createBucket("bucket");
    return lab;
  }

  url(bucketAndKey: string): string {
    return `${this.scheme}://${bucketAndKey}`;
  }

  request(bucketAndKey: string, more: Partial<SourceRequest> = {}): SourceRequest {
    return { url: this.url(bucketAndKey), headers: {}, objectStorage: this.storage, ...more };
  }

  stat(bucketAndKey: string, more: Partial<SourceRequest> = {}) {
    return this.source.stat(this.request(bucketAndKey, more), AbortSignal.timeout(20_000));
  }

  async pages(bucketAndKey: string, more: Partial<ListRequest> = {}): Promise<(readonly SourceEntry[])[]> {
    const pages = [];
    const request = { ...this.request(bucketAndKey), ...more };
    for await (const page of this.source.list(request, AbortSignal.timeout(20_000))) pages.push(page);
    return pages;
  }

  async entries(bucketAndKey: string, more: Partial<ListRequest> = {}): Promise<SourceEntry[]> {
    return (await this.pages(bucketAndKey, more)).flat();
  }

  /** A new file. */
  file(): ReadFile {
    const path = join(this.folder, `file ${this.#open.length}`);
    const fd = openSync(path, "w+");
    this.#open.push(fd);
    return new ReadFile(fd, path);
  }

  /** Reads [offset, offset + length) of the object into a file of its own. */
  async read(
    bucketAndKey: string,
    range: { offset: number; length: number | undefined },
    more: Partial<SourceReadRequest> & { readonly file?: ReadFile; readonly signal?: AbortSignal } = {},
  ): Promise<ReadFile> {
    const { file = this.file(), signal = AbortSignal.timeout(20_000), ...rest } = more;
    const validator: Validator = {};
    await this.source.read(
      {
        ...this.request(bucketAndKey),
        into: file.into(range),
        contentLength: undefined,
        validator,
        ranges: true,
        ...rest,
      },
      signal,
    );
    return file;
  }

  async close(): Promise<void> {
    await this.source.close();
    await this.server.close();
    for (const fd of this.#open.splice(0)) closeSync(fd);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class ReadFile {
  readonly fd: number;
  readonly path: string;
  /** Blocks announced, in order, with their lengths. */
  readonly blocks: [block: number, length: number][] = [];

  constructor(fd: number, path: string) {
    this.fd = fd;
    this.path = path;
  }

  into({ offset, length }: { offset: number; length: number | undefined }): Destination {
    return {
      fd: this.fd,
      offset,
      length,
      onBlock: (block, blockBytes) => void this.blocks.push([block, blockBytes]),
    };
  }

  bytes(): Buffer {
    return readFileSync(this.path);
  }
}
