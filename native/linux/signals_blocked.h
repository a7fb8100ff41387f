// Signals are Node's business: a thread of ours must never be the one that is interrupted. Threads inherit what is blocked.
#pragma once
#include <pthread.h>
#include <signal.h>

namespace p2pfs {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace p2pfs
