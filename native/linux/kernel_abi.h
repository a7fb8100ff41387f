// What the channel itself must know of the FUSE protocol (linux/fuse.h, 7.x): the headers, READ, GETXATTR and the
// device's ioctls. Everything else is decoded in TypeScript (fs/bindings/kernel-abi). In the host's byte order.
#pragma once
#include <sys/ioctl.h>

#include <cstdint>

namespace p2pfs::abi {

struct InHeader {
  uint32_t length;
  uint32_t opcode;
  uint64_t unique;
  uint64_t nodeid;
  uint32_t uid, gid, pid;
  uint16_t extensionLength;
  uint16_t padding;
};
static_assert(sizeof(InHeader) == 40);

struct OutHeader {
  uint32_t length;
  /// 0 or a negative errno; for notifications (unique 0) the code, positive.
  int32_t error;
  uint64_t unique;
};
static_assert(sizeof(OutHeader) == 16);

struct ReadIn {
  uint64_t handle, offset;
  uint32_t size, readFlags;
  uint64_t lockOwner;
  uint32_t flags, padding;
};
static_assert(sizeof(ReadIn) == 40);

/// Followed by the name and a NUL.
struct GetxattrIn {
  uint32_t size, padding;
};
static_assert(sizeof(GetxattrIn) == 8);

constexpr uint32_t kRead = 15;
constexpr uint32_t kGetxattr = 22;
/// Ours: added to the opcode of a READ that was answered already, and that JavaScript is only told of.
constexpr uint32_t kObserved = 1u << 31;

struct BackingMap {
  int32_t fd;
  uint32_t flags;
  uint64_t padding;
};
static_assert(sizeof(BackingMap) == 16);
constexpr unsigned long kBackingOpen = _IOW(229, 1, BackingMap);
constexpr unsigned long kBackingClose = _IOW(229, 2, uint32_t);

/// Largest READ or WRITE body: 256 pages of 4 KiB (init_out.max_pages, init_out.max_write).
constexpr uint32_t kBodyBytesMax = 1u << 20;
/// A body and what stands before it. The kernel refuses reads into less than it may have to say.
constexpr uint32_t kRequestBytesMax = kBodyBytesMax + 4096;

}  // namespace p2pfs::abi
