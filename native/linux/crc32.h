#pragma once
#include <node_api.h>

namespace p2pfs {
/// Adds crc32, where this processor can do it faster than Node.
void addCrc32(napi_env env, napi_value exports);
}  // namespace p2pfs
