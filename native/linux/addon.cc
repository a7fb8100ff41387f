// The addon's one entry. It exports flat functions; addon.ts and the files it names are all that know them.
#include <node_api.h>

#include "channel_binding.h"
#include "crc32.h"
#include "descriptor_passing.h"
#include "file_sender_binding.h"
#include "mounting.h"
#include "syscalls.h"

NAPI_MODULE_INIT() {
  p2pfs::addChannel(env, exports);
  p2pfs::addCrc32(env, exports);
  p2pfs::addDescriptorPassing(env, exports);
  p2pfs::addFileSender(env, exports);
  p2pfs::addMounting(env, exports);
  p2pfs::addSyscalls(env, exports);
  return exports;
}
