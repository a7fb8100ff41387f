// Descriptors over Unix sockets (SCM_RIGHTS), with some bytes beside them.
#pragma once
#include <node_api.h>
#include <sys/types.h>

#include "descriptor.h"

namespace p2pfs {

/// Receives bytes and at most one descriptor; further ones are closed. @returns bytes (0: the other end is closed), or -errno
ssize_t receiveWithDescriptor(int socket, void* bytes, size_t bytesMax, Descriptor* received);

/// Adds sendDescriptor, receiveDescriptor, socketPair.
void addDescriptorPassing(napi_env env, napi_value exports);

}  // namespace p2pfs
