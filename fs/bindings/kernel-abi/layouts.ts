/**
 * The structs of linux/fuse.h as offsets, under the header's own names: the one place that says where a field lies. A
 * test compares it with the machine's header. Reading and writing them is requests.ts' and replies.ts' business.
 */

/** One struct. `since`: minor version of the protocol that has all of it; 31 stands for "always, as far as we go back". */
export interface Layout<Fields extends Readonly<Record<string, number>>> {
  readonly name: string;
  readonly bytes: number;
  readonly since: number;
  /** Offset of each field, bytes. */
  readonly at: Fields;
}

function layout<const Fields extends Readonly<Record<string, number>>>(
  name: string,
  bytes: number,
  at: Fields,
  since = 31,
): Layout<Fields> {
  return { name, bytes, at, since };
}

export const IN_HEADER = layout("fuse_in_header", 40, {
  len: 0,
  opcode: 4,
  unique: 8,
  nodeid: 16,
  uid: 24,
  gid: 28,
  pid: 32,
});
export const OUT_HEADER = layout("fuse_out_header", 16, { len: 0, error: 4, unique: 8 });

export const ATTR = layout("fuse_attr", 88, {
  ino: 0,
  size: 8,
  blocks: 16,
  atime: 24,
  mtime: 32,
  ctime: 40,
  atimensec: 48,
  mtimensec: 52,
  ctimensec: 56,
  mode: 60,
  nlink: 64,
  uid: 68,
  gid: 72,
  rdev: 76,
  blksize: 80,
  flags: 84,
});
export const ENTRY_OUT = layout("fuse_entry_out", 128, {
  nodeid: 0,
  generation: 8,
  entry_valid: 16,
  attr_valid: 24,
  entry_valid_nsec: 32,
  attr_valid_nsec: 36,
  attr: 40,
});
export const ATTR_OUT = layout("fuse_attr_out", 104, { attr_valid: 0, attr_valid_nsec: 8, attr: 16 });
export const SX_TIME = layout("fuse_sx_time", 16, { tv_sec: 0, tv_nsec: 8 }, 39);
export const STATX = layout(
  "fuse_statx",
  256,
  {
    mask: 0,
    blksize: 4,
    attributes: 8,
    nlink: 16,
    uid: 20,
    gid: 24,
    mode: 28,
    ino: 32,
    size: 40,
    blocks: 48,
    attributes_mask: 56,
    atime: 64,
    btime: 80,
    ctime: 96,
    mtime: 112,
    rdev_major: 128,
    rdev_minor: 132,
    dev_major: 136,
    dev_minor: 140,
  },
  39,
);
export const STATX_IN = layout(
  "fuse_statx_in",
  24,
  { getattr_flags: 0, fh: 8, sx_flags: 16, sx_mask: 20 },
  39,
);
export const STATX_OUT = layout(
  "fuse_statx_out",
  288,
  { attr_valid: 0, attr_valid_nsec: 8, flags: 12, stat: 32 },
  39,
);

export const FORGET_IN = layout("fuse_forget_in", 8, { nlookup: 0 });
export const FORGET_ONE = layout("fuse_forget_one", 16, { nodeid: 0, nlookup: 8 });
export const BATCH_FORGET_IN = layout("fuse_batch_forget_in", 8, { count: 0 });
export const GETATTR_IN = layout("fuse_getattr_in", 16, { getattr_flags: 0, fh: 8 });
export const SETATTR_IN = layout("fuse_setattr_in", 88, {
  valid: 0,
  fh: 8,
  size: 16,
  lock_owner: 24,
  atime: 32,
  mtime: 40,
  ctime: 48,
  atimensec: 56,
  mtimensec: 60,
  ctimensec: 64,
  mode: 68,
  uid: 76,
  gid: 80,
});
export const MKNOD_IN = layout("fuse_mknod_in", 16, { mode: 0, rdev: 4, umask: 8 });
export const MKDIR_IN = layout("fuse_mkdir_in", 8, { mode: 0, umask: 4 });
export const RENAME_IN = layout("fuse_rename_in", 8, { newdir: 0 });
export const RENAME2_IN = layout("fuse_rename2_in", 16, { newdir: 0, flags: 8 });
export const LINK_IN = layout("fuse_link_in", 8, { oldnodeid: 0 });
export const OPEN_IN = layout("fuse_open_in", 8, { flags: 0 });
export const OPEN_OUT = layout("fuse_open_out", 16, { fh: 0, open_flags: 8, backing_id: 12 }, 40);
export const CREATE_IN = layout("fuse_create_in", 16, { flags: 0, mode: 4, umask: 8 });
export const READ_IN = layout("fuse_read_in", 40, {
  fh: 0,
  offset: 8,
  size: 16,
  read_flags: 20,
  lock_owner: 24,
  flags: 32,
});
export const WRITE_IN = layout("fuse_write_in", 40, {
  fh: 0,
  offset: 8,
  size: 16,
  write_flags: 20,
  lock_owner: 24,
  flags: 32,
});
export const WRITE_OUT = layout("fuse_write_out", 8, { size: 0 });
export const KSTATFS = layout("fuse_kstatfs", 80, {
  blocks: 0,
  bfree: 8,
  bavail: 16,
  files: 24,
  ffree: 32,
  bsize: 40,
  namelen: 44,
  frsize: 48,
});
export const RELEASE_IN = layout("fuse_release_in", 24, {
  fh: 0,
  flags: 8,
  release_flags: 12,
  lock_owner: 16,
});
export const FLUSH_IN = layout("fuse_flush_in", 24, { fh: 0, lock_owner: 16 });
export const FSYNC_IN = layout("fuse_fsync_in", 16, { fh: 0, fsync_flags: 8 });
/** The longer form comes only with SETXATTR_EXT, which is not asked for. */
export const SETXATTR_IN_BYTES = 8;
export const SETXATTR_IN = layout("fuse_setxattr_in", 16, { size: 0, flags: 4 }, 33);
export const GETXATTR_IN = layout("fuse_getxattr_in", 8, { size: 0 });
export const GETXATTR_OUT = layout("fuse_getxattr_out", 8, { size: 0 });
export const FILE_LOCK = layout("fuse_file_lock", 24, { start: 0, end: 8, type: 16, pid: 20 });
export const LK_IN = layout("fuse_lk_in", 48, { fh: 0, owner: 8, lk: 16, lk_flags: 40 });
export const ACCESS_IN = layout("fuse_access_in", 8, { mask: 0 });
/** Before 7.36 INIT ended after `flags`. */
export const INIT_IN_BYTES_MIN = 16;
export const INIT_IN = layout(
  "fuse_init_in",
  64,
  { major: 0, minor: 4, max_readahead: 8, flags: 12, flags2: 16 },
  36,
);
export const INIT_OUT = layout(
  "fuse_init_out",
  64,
  {
    major: 0,
    minor: 4,
    max_readahead: 8,
    flags: 12,
    max_background: 16,
    congestion_threshold: 18,
    max_write: 20,
    time_gran: 24,
    max_pages: 28,
    map_alignment: 30,
    flags2: 32,
    max_stack_depth: 36,
    request_timeout: 40,
  },
  43,
);
export const INTERRUPT_IN = layout("fuse_interrupt_in", 8, { unique: 0 });
export const BMAP_IN = layout("fuse_bmap_in", 16, { block: 0, blocksize: 8 });
export const IOCTL_IN = layout("fuse_ioctl_in", 32, {
  fh: 0,
  flags: 8,
  cmd: 12,
  arg: 16,
  in_size: 24,
  out_size: 28,
});
export const POLL_IN = layout("fuse_poll_in", 24, { fh: 0, kh: 8, flags: 16, events: 20 });
export const POLL_OUT = layout("fuse_poll_out", 8, { revents: 0 });
export const FALLOCATE_IN = layout("fuse_fallocate_in", 32, { fh: 0, offset: 8, length: 16, mode: 24 });
export const LSEEK_IN = layout("fuse_lseek_in", 24, { fh: 0, offset: 8, whence: 16 });
export const LSEEK_OUT = layout("fuse_lseek_out", 8, { offset: 0 });
export const COPY_FILE_RANGE_IN = layout("fuse_copy_file_range_in", 56, {
  fh_in: 0,
  off_in: 8,
  nodeid_out: 16,
  fh_out: 24,
  off_out: 32,
  len: 40,
  flags: 48,
});
export const COPY_FILE_RANGE_OUT = layout("fuse_copy_file_range_out", 8, { bytes_copied: 0 }, 45);

export const DIRENT = layout("fuse_dirent", 24, { ino: 0, off: 8, namelen: 16, type: 20 });
export const DIRENTPLUS = layout("fuse_direntplus", 152, { entry_out: 0, dirent: 128 });

export const NOTIFY_INVAL_INODE_OUT = layout("fuse_notify_inval_inode_out", 24, { ino: 0, off: 8, len: 16 });
export const NOTIFY_INVAL_ENTRY_OUT = layout(
  "fuse_notify_inval_entry_out",
  16,
  { parent: 0, namelen: 8, flags: 12 },
  38,
);
export const NOTIFY_DELETE_OUT = layout("fuse_notify_delete_out", 24, { parent: 0, child: 8, namelen: 16 });
export const NOTIFY_STORE_OUT = layout("fuse_notify_store_out", 24, { nodeid: 0, offset: 8, size: 16 });
export const NOTIFY_PRUNE_OUT = layout("fuse_notify_prune_out", 16, { count: 0 }, 45);

/** Records of a directory begin at multiples of this. */
export const RECORD_ALIGNMENT_BYTES = 8;
