// System calls that Node lacks, and what gives memory back. Those that may wait for a disk run on libuv's pool and return promises.
#include "syscalls.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "descriptor.h"
#include "errno_value.h"
#include "napi.h"
#include "pool_work.h"

namespace p2pfs {

namespace {

/// One call with whole numbers, on descriptors that are ours until it ends.
class NumbersCall : public PoolWork {
 public:
  using Run = int64_t (*)(const NumbersCall&);

  NumbersCall(const char* name, Run run) : name_(name), run_(run) {}

  /// @returns false, and errno, when the descriptor is not open
  bool hold(size_t i, int64_t fd) {
    fds[i] = Descriptor::duplicateOf(static_cast<int>(fd));
    return fds[i].valid();
  }
  void run() override { result_ = run_(*this); }
  bool settle(napi_env env, napi_value* out) override {
    *out = result_ < 0 ? makeErrno(env, static_cast<int>(-result_), name_) : number(env, result_);
    return result_ >= 0;
  }

  Descriptor fds[2];
  int64_t numbers[3] = {};

 private:
  const char* name_;
  Run run_;
  /// What the call returned, or -errno.
  int64_t result_ = 0;
};

/// fallocate(fd, mode, offset, length): Promise<number>
napi_value fallocateCall(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  auto call = std::make_unique<NumbersCall>("fallocate", [](const NumbersCall& c) -> int64_t {
    return fallocate(c.fds[0].get(), static_cast<int>(c.numbers[0]), c.numbers[1], c.numbers[2]) == 0 ? 0 : -errno;
  });
  const int64_t fd = in.integer(0);
  for (size_t i = 0; i < 3; ++i) call->numbers[i] = in.integer(i + 1);
  if (!in.ok) return nullptr;
  if (!call->hold(0, fd)) return throwErrno(env, errno, "fallocate");
  return startOnPool(env, "fallocate", std::move(call));
}

/// lseek(fd, offset, whence): number. SEEK_DATA 3, SEEK_HOLE 4. Moves the open file's position, which nobody here uses.
napi_value lseekCall(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  const int fd = static_cast<int>(in.integer(0));
  const int64_t offset = in.integer(1);
  const int whence = static_cast<int>(in.integer(2));
  if (!in.ok) return nullptr;
  const off_t at = lseek(fd, offset, whence);
  return at < 0 ? throwErrno(env, errno, "lseek") : number(env, at);
}

/// copyFileRange(fromFd, fromOffset, toFd, toOffset, length): Promise<number>, the bytes copied.
napi_value copyFileRangeCall(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  auto call = std::make_unique<NumbersCall>("copy_file_range", [](const NumbersCall& c) -> int64_t {
    loff_t from = c.numbers[0], to = c.numbers[1];
    const ssize_t copied =
        copy_file_range(c.fds[0].get(), &from, c.fds[1].get(), &to, static_cast<size_t>(c.numbers[2]), 0);
    return copied < 0 ? -errno : copied;
  });
  const int64_t fromFd = in.integer(0), toFd = in.integer(2);
  call->numbers[0] = in.integer(1);
  call->numbers[1] = in.integer(3);
  call->numbers[2] = in.integer(4);
  if (!in.ok) return nullptr;
  if (!call->hold(0, fromFd) || !call->hold(1, toFd)) return throwErrno(env, errno, "copy_file_range");
  return startOnPool(env, "copy_file_range", std::move(call));
}

/// fadvise(fd, offset, length, advice): Promise<number>. POSIX_FADV_WILLNEED 3, DONTNEED 4.
napi_value fadviseCall(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  auto call = std::make_unique<NumbersCall>("posix_fadvise", [](const NumbersCall& c) -> int64_t {
    return -posix_fadvise(c.fds[0].get(), c.numbers[0], c.numbers[1], static_cast<int>(c.numbers[2]));
  });
  const int64_t fd = in.integer(0);
  for (size_t i = 0; i < 3; ++i) call->numbers[i] = in.integer(i + 1);
  if (!in.ok) return nullptr;
  if (!call->hold(0, fd)) return throwErrno(env, errno, "posix_fadvise");
  return startOnPool(env, "posix_fadvise", std::move(call));
}

/// peerCredentials(fd): {pid, uid, gid} of whoever connected the Unix socket's other end (SO_PEERCRED).
napi_value peerCredentialsCall(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  const int fd = static_cast<int>(in.integer(0));
  if (!in.ok) return nullptr;
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return throwErrno(env, errno, "getsockopt");
  napi_value out;
  napi_create_object(env, &out);
  napi_set_named_property(env, out, "pid", number(env, credentials.pid));
  napi_set_named_property(env, out, "uid", number(env, credentials.uid));
  napi_set_named_property(env, out, "gid", number(env, credentials.gid));
  return out;
}

/// memoryFile(name): fd of a file that lives in memory until its last descriptor is closed (memfd_create), closed on exec.
napi_value memoryFileCall(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  const std::string name = in.text(0);
  if (!in.ok) return nullptr;
  const int fd = memfd_create(name.c_str(), MFD_CLOEXEC);
  return fd < 0 ? throwErrno(env, errno, "memfd_create") : number(env, fd);
}

/// discardPages(bytes): gives the memory of whole pages back; they read as zero until written to. What shares a page with others
/// stays as it is, and so does what is locked into memory.
napi_value discardPagesCall(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  size_t length = 0;
  const auto begin = reinterpret_cast<uintptr_t>(in.bytes(0, &length));
  if (!in.ok) return nullptr;
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t from = (begin + page - 1) / page * page, to = (begin + length) / page * page;
  if (from < to) madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
  return undefined(env);
}

/// The allocator's free pages, given back. Others that allocate meanwhile wait, some milliseconds.
class TrimHeap : public PoolWork {
 public:
  void run() override {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
  }
  bool settle(napi_env env, napi_value* out) override {
    *out = undefined(env);
    return true;
  }
};

/// trimHeap(): Promise<void>
napi_value trimHeapCall(napi_env env, napi_callback_info) {
  return startOnPool(env, "malloc_trim", std::make_unique<TrimHeap>());
}

}  // namespace

void addSyscalls(napi_env env, napi_value exports) {
  setFunction(env, exports, "fallocate", fallocateCall);
  setFunction(env, exports, "lseek", lseekCall);
  setFunction(env, exports, "copyFileRange", copyFileRangeCall);
  setFunction(env, exports, "fadvise", fadviseCall);
  setFunction(env, exports, "peerCredentials", peerCredentialsCall);
  setFunction(env, exports, "memoryFile", memoryFileCall);
  setFunction(env, exports, "discardPages", discardPagesCall);
  setFunction(env, exports, "trimHeap", trimHeapCall);
}

}  // namespace p2pfs
