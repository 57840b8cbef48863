# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# What this system offers, asked by compiling and linking a real call. With clang the call must also exist at the
# deployment target: a symbol list newer than that target would otherwise promise calls that older systems lack.
include(CheckCXXSourceCompiles)

function(viaduct_probe name headers body)
  set(source "#ifndef _GNU_SOURCE\n#define _GNU_SOURCE 1\n#endif\n")
  foreach(header IN LISTS headers)
    string(APPEND source "#include <${header}>\n")
  endforeach()
  string(APPEND source "int main() { ${body} }\n")
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    set(CMAKE_REQUIRED_FLAGS "-Werror=unguarded-availability-new -Werror=unguarded-availability")
  endif()
  check_cxx_source_compiles("${source}" viaduct_probe_${name})
  if(viaduct_probe_${name})
    set(VIADUCT_HAVE_${name} 1 PARENT_SCOPE)
  else()
    set(VIADUCT_HAVE_${name} 0 PARENT_SCOPE)
  endif()
endfunction()

# One line each: the macro's name, its headers, the call, and why we ask.
viaduct_probe(PIPE2 "unistd.h;fcntl.h" "int p[2]; return pipe2(p, O_CLOEXEC | O_NONBLOCK);")              # close-on-exec from the first instant
viaduct_probe(ACCEPT4 "sys/socket.h" "return accept4(0, nullptr, nullptr, SOCK_CLOEXEC);")                # the same for accepted sockets
viaduct_probe(PPOLL "poll.h;signal.h" "return ppoll(nullptr, 0, nullptr, nullptr);")                      # waits finer than a millisecond
viaduct_probe(DUP3 "unistd.h;fcntl.h" "return dup3(0, 9, O_CLOEXEC);")                                    # the fork handler, in one step
viaduct_probe(O_TMPFILE "fcntl.h" "return open(\".\", O_TMPFILE | O_RDWR, 0600);")                        # an entry nobody sees half-written
viaduct_probe(OFD_LOCKS "fcntl.h" "struct flock l {}; return fcntl(0, F_OFD_SETLK, &l);")                 # liveness per open file, not per process
viaduct_probe(MEMFD "sys/mman.h" "return memfd_create(\"x\", MFD_CLOEXEC | MFD_ALLOW_SEALING);")          # anonymous, sealable memory
viaduct_probe(EVENTFD "sys/eventfd.h" "return eventfd(0, EFD_CLOEXEC);")                                  # cancel from another thread, one descriptor
viaduct_probe(PIDFD_OPEN "sys/syscall.h;unistd.h" "return static_cast<int>(syscall(SYS_pidfd_open, 1, 0));")  # wait for a process without reaping it
viaduct_probe(SO_PEERCRED "sys/socket.h" "struct ucred c {}; socklen_t n = sizeof c; return getsockopt(0, SOL_SOCKET, SO_PEERCRED, &c, &n);")  # who the peer is, from the kernel
viaduct_probe(INOTIFY "sys/inotify.h" "return inotify_init1(IN_CLOEXEC);")                                # wait for a name to appear
viaduct_probe(PREADV2 "sys/uio.h" "return static_cast<int>(pwritev2(0, nullptr, 0, -1, 0));")             # its flags may carry RWF_NOSIGNAL (a run-time question)
viaduct_probe(CLOSE_RANGE "unistd.h" "return close_range(3, 9, 0);")                                      # closes what a child must not have
viaduct_probe(GETRANDOM "sys/random.h" "return static_cast<int>(getrandom(nullptr, 0, 0));")              # random names and member ids without a file

set(VIADUCT_USE_PORTABLE_FALLBACKS 0)
if(VIADUCT_PORTABLE_FALLBACKS)
  set(VIADUCT_USE_PORTABLE_FALLBACKS 1)
endif()
