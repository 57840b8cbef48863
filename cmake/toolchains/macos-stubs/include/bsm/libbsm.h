// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Our own declarations of the part of <bsm/libbsm.h> that we use. Only cross builds see this file.
#pragma once
#include <mach/message.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif
pid_t audit_token_to_pid(audit_token_t token);
uid_t audit_token_to_euid(audit_token_t token);
gid_t audit_token_to_egid(audit_token_t token);
int audit_token_to_pidversion(audit_token_t token);
#ifdef __cplusplus
}
#endif
