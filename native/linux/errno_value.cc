#include "errno_value.h"

#include <cerrno>
#include <cstring>

#include "napi.h"

namespace p2pfs {

namespace {

/// glibc's own strerrorname_np() came with 2.32, and musl has none.
const char* nameOf(int error) {
#define ROW(name) \
  case name:      \
    return #name;
  switch (error) {
    ROW(EPERM) ROW(ENOENT) ROW(EINTR) ROW(EIO) ROW(ENXIO) ROW(E2BIG) ROW(EBADF) ROW(ECHILD) ROW(EAGAIN) ROW(ENOMEM)
    ROW(EACCES) ROW(EFAULT) ROW(EBUSY) ROW(EEXIST) ROW(EXDEV) ROW(ENODEV) ROW(ENOTDIR) ROW(EISDIR) ROW(EINVAL)
    ROW(ENFILE) ROW(EMFILE) ROW(ENOTTY) ROW(ETXTBSY) ROW(EFBIG) ROW(ENOSPC) ROW(ESPIPE) ROW(EROFS) ROW(EPIPE)
    ROW(ERANGE) ROW(ENAMETOOLONG) ROW(ENOSYS) ROW(ELOOP) ROW(ENODATA) ROW(EPROTO) ROW(EOVERFLOW) ROW(ENOTSOCK)
    ROW(EMSGSIZE) ROW(EOPNOTSUPP) ROW(ENOBUFS) ROW(ENOTCONN) ROW(ECONNABORTED) ROW(ECONNRESET) ROW(ETIMEDOUT)
    ROW(ESTALE) ROW(EDQUOT) ROW(ECANCELED)
  }
#undef ROW
  return "EUNKNOWN";
}

}  // namespace

napi_value makeErrno(napi_env env, int error, const char* call, const std::string& words) {
  std::string text = std::string(nameOf(error)) + ": " + strerror(error) + ", " + call;
  if (!words.empty()) text += ": " + words;
  napi_value message, code, out;
  napi_create_string_utf8(env, text.c_str(), text.size(), &message);
  napi_create_string_utf8(env, nameOf(error), NAPI_AUTO_LENGTH, &code);
  napi_create_error(env, code, message, &out);
  napi_set_named_property(env, out, "errno", number(env, -error));
  return out;
}

napi_value throwErrno(napi_env env, int error, const char* call) {
  napi_throw(env, makeErrno(env, error, call));
  return nullptr;
}

}  // namespace p2pfs
