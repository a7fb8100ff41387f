/**
 * The operations of libfuse's path interface, each answered from the inode-based filesystem. Decides nothing about the
 * mount's meaning; what is decided here follows from paths standing for inodes (path-versions.ts).
 */
import type { Clock } from "../../../base/clock.ts";
import { P2pfsError } from "../../../base/errors.ts";
import { DIRECTORY_ENTRIES_MAX } from "../../../base/limits.ts";
import type { Logger } from "../../../base/logger.ts";
import type { Filesystem, Mutation } from "../../filesystem.ts";
import type { InodeNumber } from "../../inode-table.ts";
import { staleOpening } from "../../open-files.ts";
import { attributeList } from "../../xattr.ts";
import type { AddonOperation } from "./addon.ts";
import { PathVersions } from "./path-versions.ts";
import { type PathEntry, withPath } from "./path-walk.ts";
import { ContentReader } from "./reading.ts";
import { Requests } from "./requests.ts";
import { entryWords, linkWords, statvfsWords, statWords, UNKNOWN_INO } from "./structures.ts";

/** Answers the request: 0, a count or a negative errno, then the values the operation has. */
export type Reply = (result: number, ...values: unknown[]) => void;
/** The arguments are those the addon passes for the operation. */
export type Operation = (reply: Reply, ...args: never[]) => void;
export type Operations = Partial<Record<AddonOperation, Operation>>;

/** open(2) flags, asm-generic/fcntl.h; the same on macOS for these. */
const O_ACCMODE = 0o3;
const WORD = 2 ** 32;
/** The addon copies names into char[1024] with a NUL at the end. */
const LISTED_NAME_BYTES_MAX = 1023;

const NO_STAT = new Uint32Array(18);
const NO_STATVFS = new Uint32Array(11);

export interface OperationsEnvironment {
  readonly filesystem: Filesystem;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly requestsMax?: number;
  /** Called when a path is shown as a link for one lookup; somebody must follow it soon, from another process. */
  readonly onLinkShown: (path: string) => void;
}

/** The handlers of one mount. `init` is the binding's. */
export function makeOperations(env: OperationsEnvironment): Operations {
  const { filesystem } = env;
  const requests = new Requests(env.logger, env.requestsMax);
  const versions = new PathVersions(env.clock);
  const attributeOperations = makeAttributeOperations(filesystem, requests);
  return {
    ...attributeOperations,
    ...makeFileOperations(env, requests, versions),
    ...makeRefusals(filesystem, requests),

    getattr(reply: Reply, path: string) {
      requests.run(
        { operation: "getattr", path },
        (errno) => reply(errno, NO_STAT),
        () =>
          withPath(filesystem, path, ({ inode, attributes }) => {
            if (!versions.mustShowLink(path, inode)) {
              reply(0, statWords(attributes));
              return;
            }
            if (versions.showLink(path)) env.onLinkShown(path);
            reply(0, linkWords(attributes, Buffer.byteLength(path.slice(path.lastIndexOf("/") + 1))));
          }),
      );
    },

    fgetattr(reply: Reply, path: string, handle: number) {
      requests.run(
        { operation: "fgetattr", path },
        (errno) => reply(errno, NO_STAT),
        () => reply(0, statWords(filesystem.fgetattr(handle))),
      );
    },

    readlink(reply: Reply, path: string) {
      requests.run(
        { operation: "readlink", path },
        (errno) => reply(errno, ""),
        () => {
          const target = versions.follow(path);
          if (target === undefined) throw new P2pfsError("INVALID_ARGUMENT", "it is no symbolic link");
          reply(0, target);
        },
      );
    },

    readdir(reply: Reply, path: string) {
      requests.run(
        { operation: "readdir", path },
        (errno) => reply(errno, [], []),
        () =>
          withPath(filesystem, path, async ({ inode }) => {
            const { names, words } = await listAll(filesystem, inode);
            reply(0, names, words);
          }),
      );
    },

    statfs(reply: Reply, path: string) {
      requests.run(
        { operation: "statfs", path },
        (errno) => reply(errno, NO_STATVFS),
        async () => reply(0, statvfsWords(await filesystem.statfs())),
      );
    },
  };
}

function makeFileOperations(
  env: OperationsEnvironment,
  requests: Requests,
  versions: PathVersions,
): Operations {
  const { filesystem } = env;
  const reader = new ContentReader(env.clock);
  const openPath = async (path: string, { inode }: PathEntry, write: boolean) => {
    const handle = await filesystem.open(inode, { write });
    const opened = {
      inode,
      version: filesystem.versionOf(handle),
      attributes: filesystem.fgetattr(handle),
    };
    if (versions.opened(path, handle, opened)) return handle;
    filesystem.release(handle);
    throw staleOpening();
  };
  return {
    open(reply: Reply, path: string, flags: number) {
      requests.run(
        { operation: "open", path },
        (errno) => reply(errno, 0),
        () =>
          withPath(filesystem, path, async (entry) =>
            reply(0, await openPath(path, entry, (flags & O_ACCMODE) !== 0)),
          ),
      );
    },

    read(
      reply: Reply,
      path: string,
      handle: number,
      buffer: Buffer,
      length: number,
      low: number,
      high: number,
    ) {
      const offset = low + high * WORD;
      const answer = (result: number) => reply(result, Math.max(0, result), buffer.buffer);
      requests.run({ operation: "read", path }, answer, () => {
        const plan = filesystem.read(handle, { offset, length });
        if (plan instanceof Promise)
          return plan.then(async (ready) => {
            await reader.fill(ready, buffer);
            answer(ready.length);
          });
        const filling = reader.fill(plan, buffer);
        if (filling !== undefined) return filling.then(() => answer(plan.length));
        return answer(plan.length);
      });
    },

    flush(reply: Reply, path: string, handle: number) {
      requests.run({ operation: "flush", path }, reply, () => {
        filesystem.flush(handle);
        reply(0);
      });
    },

    release(reply: Reply, _path: string, handle: number) {
      // Not counted among the requests: whatever else waits, files can be closed.
      filesystem.release(handle);
      versions.released(handle);
      reply(0);
    },
  };
}

function makeAttributeOperations(filesystem: Filesystem, requests: Requests): Operations {
  return {
    getxattr(reply: Reply, path: string, name: string, value: Buffer) {
      const answer = (result: number) => reply(result, value.buffer);
      requests.run({ operation: "getxattr", path }, answer, () =>
        withPath(filesystem, path, async ({ inode }) => {
          const bytes = await filesystem.getxattr(inode, name, value.length);
          if (value.length > 0) value.set(bytes);
          answer(bytes.length);
        }),
      );
    },

    listxattr(reply: Reply, path: string, list: Buffer) {
      const answer = (result: number) => reply(result, list.buffer);
      requests.run({ operation: "listxattr", path }, answer, () =>
        withPath(filesystem, path, async ({ inode }) => {
          const bytes = attributeList(await filesystem.listxattr(inode), list.length);
          if (list.length > 0) list.set(bytes);
          answer(bytes.length);
        }),
      );
    },
  };
}

/** Every change is refused; some of libfuse's answers carry their buffer back. */
function makeRefusals(filesystem: Filesystem, requests: Requests): Operations {
  const refuse = (mutation: Mutation): Operation =>
    function refused(reply: Reply, path: string) {
      requests.run({ operation: mutation, path }, reply, () => {
        throw filesystem.refusal(mutation);
      });
    };
  const withBuffer = (mutation: Mutation, position: number, ...before: unknown[]): Operation =>
    function refused(reply: Reply, ...args: unknown[]) {
      const { buffer } = args[position] as Buffer;
      requests.run(
        { operation: mutation, path: String(args[0]) },
        (errno) => reply(errno, ...before, buffer),
        () => {
          throw filesystem.refusal(mutation);
        },
      );
    };
  const withHandle: Operation = (reply: Reply, path: string) =>
    requests.run(
      { operation: "create", path },
      (errno) => reply(errno, 0),
      () => {
        throw filesystem.refusal("create");
      },
    );
  return {
    chmod: refuse("chmod"),
    chown: refuse("chown"),
    create: withHandle,
    ftruncate: refuse("truncate"),
    link: refuse("link"),
    mkdir: refuse("mkdir"),
    mknod: refuse("mknod"),
    removexattr: refuse("removexattr"),
    rename: refuse("rename"),
    rmdir: refuse("rmdir"),
    setxattr: withBuffer("setxattr", 2),
    symlink: refuse("symlink"),
    truncate: refuse("truncate"),
    unlink: refuse("unlink"),
    utimens: refuse("utimens"),
    write: withBuffer("write", 2, 0),
  };
}

/** The addon takes a listing whole. */
async function listAll(
  filesystem: Filesystem,
  inode: InodeNumber,
): Promise<{ names: string[]; words: Uint32Array[] }> {
  const names: string[] = [];
  const words: Uint32Array[] = [];
  const shared = { file: entryWords("file"), directory: entryWords("directory") };
  const handle = filesystem.opendir(inode);
  try {
    for (let cookie = 0; ; ) {
      const entries = await filesystem.readdir(handle, cookie, DIRECTORY_ENTRIES_MAX);
      if (entries.length === 0) return { names, words };
      for (const { name, kind } of entries) {
        if (Buffer.byteLength(name) > LISTED_NAME_BYTES_MAX) continue;
        const ino = name === "." || name === ".." ? undefined : filesystem.knownIno(inode, name);
        names.push(name);
        words.push(ino === undefined ? shared[kind] : entryWords(kind, ino ?? UNKNOWN_INO));
      }
      cookie = entries.at(-1)?.cookie ?? cookie;
    }
  } finally {
    filesystem.releasedir(handle);
  }
}
