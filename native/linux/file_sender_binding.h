#pragma once
#include <node_api.h>

namespace p2pfs {
/// Adds fileSenderOpen and the other fileSender… functions.
void addFileSender(napi_env env, napi_value exports);
}  // namespace p2pfs
