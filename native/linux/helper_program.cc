#include "helper_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "descriptor_passing.h"

namespace p2pfs {

namespace {

using Clock = std::chrono::steady_clock;

/// Bytes of stderr that are kept: a line or two.
constexpr size_t kWordsBytesMax = 1024;
/// Numbers of our own ends, above those that the program is given.
constexpr int kFirstOwnFd = 16;
/// The socket's number in the program.
constexpr int kHelperSocket = 3;
/// How often a program that closed its ends is asked whether it ended, ms.
constexpr int kWaitStepMs = 5;

int millisecondsUntil(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::max<int64_t>(0, left));
}

Descriptor raised(int fd) {
  Descriptor low(fd);
  return Descriptor(fcntl(fd, F_DUPFD_CLOEXEC, kFirstOwnFd));
}

/// Our ends and the program's ends of the socket and of its stderr.
struct Ends {
  Descriptor socket, helperSocket, words, helperWords;

  bool open() {
    int pair[2], pipe[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return false;
    socket = raised(pair[0]);
    helperSocket = raised(pair[1]);
    if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    words = raised(pipe[0]);
    helperWords = raised(pipe[1]);
    return socket.valid() && helperSocket.valid() && words.valid() && helperWords.valid();
  }
};

int spawn(const std::string& path, const std::vector<std::string>& arguments, const Ends& ends, pid_t* pid) {
  std::vector<char*> argv{const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  // The environment of the process may be changed by another thread while it is read, and the program needs none of it.
  char socketName[] = "_FUSE_COMMFD=3";
  char searchPath[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char* environment[] = {socketName, searchPath, nullptr};

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends.helperWords.get(), 2);
  posix_spawn_file_actions_adddup2(&actions, ends.helperSocket.get(), kHelperSocket);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error = posix_spawn(pid, path.c_str(), &actions, &attributes, argv.data(), environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// Reads what there is. @returns false at the end
bool readWords(int fd, std::string* words) {
  char chunk[256];
  const ssize_t got = read(fd, chunk, sizeof chunk);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  words->append(chunk, std::min(static_cast<size_t>(got), kWordsBytesMax - words->size()));
  return true;
}

/// Listens until both ends are closed or the time is over.
void listen(Ends& ends, HelperOutcome* outcome, Clock::time_point deadline) {
  while (ends.words.valid() || ends.socket.valid()) {
    pollfd ready[] = {{ends.words.get(), POLLIN, 0}, {ends.socket.get(), POLLIN, 0}};
    if (poll(ready, 2, millisecondsUntil(deadline)) == 0) return;
    if (ready[0].revents != 0 && !readWords(ends.words.get(), &outcome->words)) ends.words.reset();
    if (ready[1].revents != 0) {
      char byte;
      const ssize_t got = receiveWithDescriptor(ends.socket.get(), &byte, 1, &outcome->received);
      if (got == 0 || (got < 0 && got != -EAGAIN)) ends.socket.reset();
    }
  }
}

/// @returns 0, or why it did not end well
int waitFor(pid_t pid, Clock::time_point deadline) {
  int status = 0;
  bool late = false;
  for (;;) {
    const pid_t ended = waitpid(pid, &status, late ? 0 : WNOHANG);
    if (ended < 0 && errno == EINTR) continue;
    if (ended < 0) return errno;
    if (ended == pid) break;
    if (millisecondsUntil(deadline) == 0) {
      kill(pid, SIGKILL);
      late = true;
      continue;
    }
    poll(nullptr, 0, kWaitStepMs);
  }
  if (late) return ETIMEDOUT;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EIO;
}

}  // namespace

HelperOutcome runHelper(const std::string& path, const std::vector<std::string>& arguments, int timeoutMs) {
  HelperOutcome outcome;
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeoutMs);
  Ends ends;
  pid_t pid = 0;
  outcome.error = ends.open() ? spawn(path, arguments, ends, &pid) : errno;
  if (outcome.error != 0) return outcome;
  ends.helperSocket.reset();
  ends.helperWords.reset();
  listen(ends, &outcome, deadline);
  outcome.error = waitFor(pid, deadline);
  for (char& c : outcome.words) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  while (!outcome.words.empty() && outcome.words.back() == ' ') outcome.words.pop_back();
  return outcome;
}

}  // namespace p2pfs
