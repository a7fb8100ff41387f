// What the channel's threads do: read requests, answer those that need no JavaScript, hand on the rest; answer READs
// from files for JavaScript; send notifications.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "channel.h"
#include "spliced_reply.h"

namespace p2pfs {

namespace {

using Buffer = std::unique_ptr<uint8_t[]>;

void count(std::atomic<uint64_t>& counter, uint64_t by = 1) { counter.fetch_add(by, std::memory_order_relaxed); }

/// Reads up to `length` bytes. @returns how many there were before the end of the file, or -errno
ssize_t readFully(int fd, uint8_t* into, size_t length, uint64_t offset) {
  size_t got = 0;
  while (got < length) {
    const ssize_t n = pread(fd, into + got, length - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    if (n == 0) break;
    got += static_cast<size_t>(n);
  }
  return static_cast<ssize_t>(got);
}

}  // namespace

/// What one reader thread owns.
struct Channel::Reader {
  Buffer request{new uint8_t[abi::kRequestBytesMax]};
  Buffer body{new uint8_t[abi::kBodyBytesMax]};
  SplicedReply spliced;
  Descriptor epoll;
};

void Channel::readLoop() {
  Reader reader;
  reader.epoll.reset(epoll_create1(EPOLL_CLOEXEC));
  epoll_event request{}, stop{};
  // Exclusive: a request wakes one reader, not all of them.
  request.events = EPOLLIN | EPOLLEXCLUSIVE;
  stop.events = EPOLLIN;
  int error = 0;
  if (!reader.epoll.valid() || epoll_ctl(reader.epoll.get(), EPOLL_CTL_ADD, fd_.get(), &request) != 0 ||
      epoll_ctl(reader.epoll.get(), EPOLL_CTL_ADD, stop_.get(), &stop) != 0) {
    error = errno;
  }
  if (error == 0) {
    while (!stopping_.load(std::memory_order_relaxed) && readOne(reader)) {
    }
  } else if (!ended_.exchange(true)) {
    post({ChannelEvent::kEnded, 0, error});
  }
  // One that found the end takes the others along.
  if (ended_.load()) stopReading();
}

bool Channel::readOne(Reader& reader) {
  const ssize_t bytes = read(fd_.get(), reader.request.get(), abi::kRequestBytesMax);
  if (bytes > 0) {
    handle(reader, static_cast<size_t>(bytes));
    return true;
  }
  const int error = bytes == 0 ? 0 : errno;
  if (error == EAGAIN) {
    epoll_event happened;
    // It returns early for nobody's signal; whatever it says, the next read tells the truth.
    epoll_wait(reader.epoll.get(), &happened, 1, -1);
    return true;
  }
  // ENOENT: the request was taken back while it was being read.
  if (error == EINTR || error == ENOENT) return true;
  if (!ended_.exchange(true)) post({ChannelEvent::kEnded, 0, error});
  return false;
}

void Channel::handle(Reader& reader, size_t bytes) {
  abi::InHeader header;
  if (bytes < sizeof header) return count(counters_.malformed);
  memcpy(&header, reader.request.get(), sizeof header);
  if (header.length != bytes) return count(counters_.malformed);
  if (header.opcode == abi::kRead && answerRead(reader, bytes)) return;
  if (header.opcode == abi::kGetxattr && answerGetxattr(reader, bytes)) return;
  if (!inbox_.append(reader.request.get(), bytes)) return;
  count(counters_.requests);
  count(counters_.requestBytes, bytes);
  if (header.opcode == abi::kRead) count(counters_.requestedReads);
  wake();
}

bool Channel::answerRead(Reader& reader, size_t bytes) {
  abi::InHeader header;
  abi::ReadIn in;
  if (bytes < sizeof header + sizeof in) return false;
  memcpy(&header, reader.request.get(), sizeof header);
  memcpy(&in, reader.request.get() + sizeof header, sizeof in);
  if (in.size > abi::kBodyBytesMax) return false;
  const std::shared_ptr<const FileEntry> file = files_.find(in.handle);
  if (file == nullptr) return false;
  const uint64_t left = in.offset >= file->size ? 0 : file->size - in.offset;
  const uint64_t length = std::min<uint64_t>(in.size, left);
  if (length > 0) {
    // Entered before the bits are looked at: see read_epochs.h.
    const uint64_t epoch = epochs_.enter();
    const bool isPresent = file->present(in.offset, length);
    const bool isSent = isPresent && sendPages(reader.spliced, header.unique, file->fd.get(), in.offset, length);
    const bool got = isSent || (isPresent && readFully(file->fd.get(), reader.body.get(), length, in.offset) ==
                                                 static_cast<ssize_t>(length));
    postDrained(epochs_.leave(epoch));
    // Whatever is wrong with the file, JavaScript will meet it too, and can say so.
    if (!got) return false;
    if (!isSent && replyOrWait(header.unique, 0, reader.body.get(), length) != 0) return true;
  } else if (replyOrWait(header.unique, 0, nullptr, 0) != 0) {
    return true;
  }
  count(counters_.nativeReads);
  count(counters_.nativeReadBytes, length);
  if (file->observed) tellOfRead(reader, bytes);
  return true;
}

/// Best effort: somebody who is busy learns less.
void Channel::tellOfRead(Reader& reader, size_t bytes) {
  const uint32_t opcode = abi::kRead | abi::kObserved;
  memcpy(reader.request.get() + offsetof(abi::InHeader, opcode), &opcode, sizeof opcode);
  if (!inbox_.appendIfRoom(reader.request.get(), bytes)) return;
  count(counters_.observedReads);
  wake();
}

bool Channel::answerGetxattr(Reader& reader, size_t bytes) {
  constexpr size_t nameAt = sizeof(abi::InHeader) + sizeof(abi::GetxattrIn);
  const std::string& prefix = options_.xattrPrefix;
  if (prefix.empty() || bytes <= nameAt || reader.request[bytes - 1] != 0) return false;
  const char* name = reinterpret_cast<const char*>(reader.request.get() + nameAt);
  if (strncmp(name, prefix.c_str(), prefix.size()) == 0) return false;
  abi::InHeader header;
  memcpy(&header, reader.request.get(), sizeof header);
  // Of another namespace ("security.", "system."): then ls(1) asks once for the whole filesystem, not for every name.
  const bool isOurNamespace = strncmp(name, prefix.c_str(), prefix.find('.') + 1) == 0;
  const int error = isOurNamespace ? ENODATA : EOPNOTSUPP;
  if (replyOrWait(header.unique, error, nullptr, 0) == 0) count(counters_.nativeXattrs);
  return true;
}

/// @returns false when the answer is still owed
bool Channel::sendPages(SplicedReply& spliced, uint64_t unique, int file, uint64_t offset, size_t length) {
  if (!isDevice_ || length < SplicedReply::kBytesMin) return false;
  const SplicedReply::Result result = spliced.send(fd_.get(), unique, file, offset, length);
  if (result == SplicedReply::kGone) count(counters_.repliesRefused);
  return result != SplicedReply::kNotSent;
}

int Channel::replyOrWait(uint64_t unique, int error, const void* body, size_t bodyBytes) {
  const abi::OutHeader header{static_cast<uint32_t>(sizeof header + bodyBytes), -error, unique};
  const iovec parts[] = {{const_cast<abi::OutHeader*>(&header), sizeof header}, {const_cast<void*>(body), bodyBytes}};
  for (;;) {
    if (writev(fd_.get(), parts, bodyBytes == 0 ? 1 : 2) >= 0) return 0;
    const int refused = errno;
    if (refused == EAGAIN && !stopping_.load()) {
      // /dev/fuse never says so; a socket does when nobody reads at its other end.
      pollfd ready[] = {{fd_.get(), POLLOUT, 0}, {stop_.get(), POLLIN, 0}};
      poll(ready, 2, -1);
      continue;
    }
    if (refused == EINTR) continue;
    count(counters_.repliesRefused);
    // ENOENT: nobody waits any more. Anything else would leave somebody waiting for ever.
    if (refused != ENOENT && bodyBytes > 0) return replyOrWait(unique, EIO, nullptr, 0);
    return -refused;
  }
}

void Channel::workLoop() {
  const Buffer body{new uint8_t[abi::kBodyBytesMax]};
  SplicedReply spliced;
  while (auto job = jobs_.pop()) {
    if (sendPages(spliced, job->unique, job->fd.get(), job->offset, job->length)) {
      postDrained(epochs_.leave(job->epoch));
      count(counters_.workerReads);
      count(counters_.workerReadBytes, job->length);
      continue;
    }
    const ssize_t got = readFully(job->fd.get(), body.get(), job->length, job->offset);
    postDrained(epochs_.leave(job->epoch));
    if (got != static_cast<ssize_t>(job->length)) {
      post({ChannelEvent::kReadFailed, job->unique, got < 0 ? static_cast<int>(got) : 0});
    } else if (replyOrWait(job->unique, 0, body.get(), job->length) == 0) {
      count(counters_.workerReads);
      count(counters_.workerReadBytes, job->length);
    }
  }
}

void Channel::notifyLoop() {
  while (auto notification = notifications_.pop()) {
    const auto& body = notification->body;
    const int result = notifyNow(notification->code, body.data(), body.size());
    post({ChannelEvent::kDone, notification->id, result});
  }
}

}  // namespace p2pfs
