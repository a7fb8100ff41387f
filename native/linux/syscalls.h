#pragma once
#include <node_api.h>

namespace p2pfs {
/// Adds fallocate, lseek, copyFileRange, fadvise, peerCredentials, memoryFile, discardPages, trimHeap.
void addSyscalls(napi_env env, napi_value exports);
}  // namespace p2pfs
