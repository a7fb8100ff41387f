// errno values as JavaScript errors of the shape Node's own have: code, errno, message "CODE: text, call".
#pragma once
#include <node_api.h>

#include <string>

namespace p2pfs {

/// Throws one. @returns nullptr
napi_value throwErrno(napi_env env, int error, const char* call);

/// Makes one, for rejecting promises. @param words what a program that was run said, appended to the message
napi_value makeErrno(napi_env env, int error, const char* call, const std::string& words = {});

}  // namespace p2pfs
