{
  "targets": [
    {
      "target_name": "p2pfs_linux",
      "sources": [
        "addon.cc",
        "channel.cc",
        "channel_binding.cc",
        "channel_reader.cc",
        "channel_session.cc",
        "crc32.cc",
        "descriptor_passing.cc",
        "errno_value.cc",
        "file_sender.cc",
        "file_sender_binding.cc",
        "helper_program.cc",
        "mounting.cc",
        "pool_work.cc",
        "spliced_reply.cc",
        "syscalls.cc"
      ],
      "defines": ["NAPI_VERSION=9", "_FILE_OFFSET_BITS=64"],
      "cflags_cc": ["-std=c++17", "-O2", "-Wall", "-Wextra", "-fvisibility=hidden"],
      "cflags_cc!": ["-fno-exceptions"],
      # A thread that hangs in the kernel may outlive a worker's environment: its code must stay where it is.
      "ldflags": ["-Wl,-z,nodelete"]
    }
  ]
}
