#pragma once
#include <node_api.h>

namespace p2pfs {
/// Adds mountDirect, mountHelper, unmountDirect, unmountHelper, adoptDescriptor.
void addMounting(napi_env env, napi_value exports);
}  // namespace p2pfs
