#include "descriptor_passing.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "errno_value.h"
#include "napi.h"
#include "pool_work.h"

namespace p2pfs {

namespace {

constexpr int64_t kBytesMax = 65536;

/// Waits for one message with a descriptor.
class Receive : public PoolWork {
 public:
  Receive(Descriptor socket, size_t bytesMax, int timeoutMs)
      : socket_(std::move(socket)), bytes_(bytesMax), timeoutMs_(timeoutMs) {}

  void run() override {
    pollfd readable{socket_.get(), POLLIN, 0};
    const int ready = poll(&readable, 1, timeoutMs_);
    if (ready == 0) got_ = -ETIMEDOUT;
    else if (ready < 0) got_ = -errno;
    else got_ = receiveWithDescriptor(socket_.get(), bytes_.data(), bytes_.size(), &received_);
    // Nothing more will come; say so as a socket would.
    if (got_ == 0) got_ = -ECONNRESET;
  }

  bool settle(napi_env env, napi_value* out) override {
    if (got_ < 0) {
      *out = makeErrno(env, static_cast<int>(-got_), "recvmsg");
      return false;
    }
    napi_value bytes;
    void* copy = nullptr;
    napi_create_object(env, out);
    napi_create_buffer_copy(env, static_cast<size_t>(got_), bytes_.data(), &copy, &bytes);
    napi_set_named_property(env, *out, "bytes", bytes);
    napi_set_named_property(env, *out, "fd", number(env, received_.release()));
    return true;
  }

 private:
  Descriptor socket_;
  std::vector<uint8_t> bytes_;
  int timeoutMs_;
  ssize_t got_ = 0;
  Descriptor received_;
};

/// sendDescriptor(socket, fd, bytes): sends at least one byte and the descriptor, at once.
napi_value sendDescriptor(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  const int socket = static_cast<int>(in.integer(0));
  const int fd = static_cast<int>(in.integer(1));
  size_t length = 0;
  uint8_t* bytes = in.bytes(2, &length);
  if (in.ok && (length == 0 || length > kBytesMax)) in.fail("1 to 65536 bytes are expected");
  if (!in.ok) return nullptr;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  iovec part{bytes, length};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  const ssize_t sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return throwErrno(env, errno, "sendmsg");
  if (static_cast<size_t>(sent) < length) return throwErrno(env, EMSGSIZE, "sendmsg");
  return nullptr;
}

/// receiveDescriptor(socket, bytesMax, timeoutMs): Promise<{fd, bytes}>; fd is -1 when none came. The caller closes it.
napi_value receiveDescriptor(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  const int socket = static_cast<int>(in.integer(0));
  const int64_t bytesMax = in.integer(1);
  const int64_t timeoutMs = in.integer(2);
  if (in.ok && (bytesMax < 1 || bytesMax > kBytesMax)) in.fail("1 to 65536 bytes are expected");
  if (in.ok && (timeoutMs < 0 || timeoutMs > INT32_MAX)) in.fail("a time-out is expected");
  if (!in.ok) return nullptr;
  Descriptor own = Descriptor::duplicateOf(socket);
  if (!own.valid()) return throwErrno(env, errno, "receiveDescriptor");
  auto work = std::make_unique<Receive>(std::move(own), static_cast<size_t>(bytesMax), static_cast<int>(timeoutMs));
  return startOnPool(env, "recvmsg", std::move(work));
}

/// socketPair(messages): [fd, fd]. `messages`: SOCK_SEQPACKET, which keeps their borders, else SOCK_STREAM.
napi_value socketPair(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  const bool messages = in.boolean(0);
  if (!in.ok) return nullptr;
  int fds[2];
  if (socketpair(AF_UNIX, (messages ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC, 0, fds) != 0) {
    return throwErrno(env, errno, "socketpair");
  }
  napi_value out;
  napi_create_array_with_length(env, 2, &out);
  for (uint32_t i = 0; i < 2; ++i) napi_set_element(env, out, i, number(env, fds[i]));
  return out;
}

}  // namespace

ssize_t receiveWithDescriptor(int socket, void* bytes, size_t bytesMax, Descriptor* received) {
  // Room for more than one, so that what a stranger sends beside the first is seen and closed.
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 8)];
  iovec part{bytes, bytesMax};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return -errno;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd;
      memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      if (received->valid()) close(fd);
      else received->reset(fd);
    }
  }
  return got;
}

void addDescriptorPassing(napi_env env, napi_value exports) {
  setFunction(env, exports, "sendDescriptor", sendDescriptor);
  setFunction(env, exports, "receiveDescriptor", receiveDescriptor);
  setFunction(env, exports, "socketPair", socketPair);
}

}  // namespace p2pfs
