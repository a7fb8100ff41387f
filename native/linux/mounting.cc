// Ways to a descriptor of /dev/fuse that is mounted somewhere, and back. All wait for the kernel's path walk, which may
// lead through somebody else's dead mount: on the pool, never on the JavaScript thread.
#include "mounting.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <string>

#include "descriptor.h"
#include "errno_value.h"
#include "helper_program.h"
#include "napi.h"
#include "pool_work.h"

namespace p2pfs {

namespace {

constexpr char kDevice[] = "/dev/fuse";
/// Its numbers in every Linux (Documentation/admin-guide/devices.txt).
constexpr unsigned kDeviceMajor = 10, kDeviceMinor = 229;

/// Gives a descriptor, or nothing where there is none to give.
class MountWork : public PoolWork {
 public:
  explicit MountWork(const char* call) : call_(call) {}
  bool settle(napi_env env, napi_value* out) override {
    if (error_ != 0) *out = makeErrno(env, error_, call_, words_);
    else *out = descriptor_.valid() ? number(env, descriptor_.release()) : undefined(env);
    return error_ == 0;
  }

 protected:
  void fail(int error, const char* call) {
    error_ = error;
    call_ = call;
    descriptor_.reset();
  }
  int error_ = 0;
  std::string words_;
  Descriptor descriptor_;

 private:
  const char* call_;
};

class MountDirect : public MountWork {
 public:
  MountDirect() : MountWork("mount") {}
  void run() override {
    descriptor_ = Descriptor(open(kDevice, O_RDWR | O_CLOEXEC));
    if (!descriptor_.valid()) return fail(errno, "open /dev/fuse");
    const std::string all = "fd=" + std::to_string(descriptor_.get()) + "," + options;
    if (mount(source.c_str(), target.c_str(), type.c_str(), flags, all.c_str()) != 0) fail(errno, "mount");
  }
  std::string target, source, type, options;
  unsigned long flags = 0;
};

class UnmountDirect : public MountWork {
 public:
  UnmountDirect() : MountWork("umount") {}
  void run() override {
    if (umount2(target.c_str(), UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) != 0) fail(errno, "umount");
  }
  std::string target;
  bool lazy = false;
};

class Helper : public MountWork {
 public:
  Helper() : MountWork("fusermount") {}
  void run() override {
    HelperOutcome outcome = runHelper(program, arguments, timeoutMs);
    words_ = std::move(outcome.words);
    descriptor_ = std::move(outcome.received);
    if (outcome.error != 0) return fail(outcome.error, "fusermount");
    if (wantsDescriptor && !descriptor_.valid()) return fail(EPROTO, "fusermount");
    if (!wantsDescriptor) descriptor_.reset();
  }
  std::string program;
  std::vector<std::string> arguments;
  int timeoutMs = 0;
  bool wantsDescriptor = false;
};

/// mountDirect(target, source, type, flags, options): Promise<fd>. Options without fd=. The caller closes the fd.
napi_value mountDirect(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  auto work = std::make_unique<MountDirect>();
  work->target = in.text(0);
  work->source = in.text(1);
  work->type = in.text(2);
  work->flags = static_cast<unsigned long>(in.integer(3));
  work->options = in.text(4);
  return in.ok ? startOnPool(env, "mount", std::move(work)) : nullptr;
}

/// unmountDirect(target, lazy): Promise<void>
napi_value unmountDirect(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  auto work = std::make_unique<UnmountDirect>();
  work->target = in.text(0);
  work->lazy = in.boolean(1);
  return in.ok ? startOnPool(env, "umount", std::move(work)) : nullptr;
}

/// mountHelper(program, target, options, timeoutMs): Promise<fd>, from fusermount3. The caller closes the fd.
napi_value mountHelper(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  auto work = std::make_unique<Helper>();
  work->program = in.text(0);
  const std::string target = in.text(1), options = in.text(2);
  work->arguments = {"-o", options, "--", target};
  work->timeoutMs = static_cast<int>(in.integer(3));
  work->wantsDescriptor = true;
  return in.ok ? startOnPool(env, "fusermount", std::move(work)) : nullptr;
}

/// unmountHelper(program, target, lazy, timeoutMs): Promise<void>, by fusermount3 -u.
napi_value unmountHelper(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  auto work = std::make_unique<Helper>();
  work->program = in.text(0);
  const std::string target = in.text(1);
  work->arguments = {"-u"};
  if (in.boolean(2)) work->arguments.push_back("-z");
  work->arguments.insert(work->arguments.end(), {"--", target});
  work->timeoutMs = static_cast<int>(in.integer(3));
  return in.ok ? startOnPool(env, "fusermount", std::move(work)) : nullptr;
}

/// adoptDescriptor(fd): the same number, if it is /dev/fuse (EINVAL otherwise); from now on not given to programs we run.
napi_value adoptDescriptor(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  const int fd = static_cast<int>(in.integer(0));
  if (!in.ok) return nullptr;
  struct stat about{};
  if (fstat(fd, &about) != 0) return throwErrno(env, errno, "fstat");
  if (!S_ISCHR(about.st_mode) || major(about.st_rdev) != kDeviceMajor || minor(about.st_rdev) != kDeviceMinor) {
    return throwErrno(env, EINVAL, "adoptDescriptor");
  }
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return throwErrno(env, errno, "fcntl");
  return number(env, fd);
}

}  // namespace

void addMounting(napi_env env, napi_value exports) {
  setFunction(env, exports, "mountDirect", mountDirect);
  setFunction(env, exports, "unmountDirect", unmountDirect);
  setFunction(env, exports, "mountHelper", mountHelper);
  setFunction(env, exports, "unmountHelper", unmountHelper);
  setFunction(env, exports, "adoptDescriptor", adoptDescriptor);
}

}  // namespace p2pfs
