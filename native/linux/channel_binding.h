#pragma once
#include <node_api.h>

namespace p2pfs {
/// Adds channelOpen and the other channel… functions.
void addChannel(napi_env env, napi_value exports);
}  // namespace p2pfs
