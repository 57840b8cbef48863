// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Our own declarations of the part of <os/os_sync_wait_on_address.h> that we use. Only cross builds see this file. The
// availability makes the linker import them weakly when the deployment target is older.
#pragma once
#include <os/clock.h>
#include <stddef.h>
#include <stdint.h>

#define VIADUCT_SYNC_AVAILABLE __attribute__((availability(macos, introduced = 14.4)))
#define OS_SYNC_WAIT_ON_ADDRESS_NONE 0u
#define OS_SYNC_WAIT_ON_ADDRESS_SHARED 1u
#define OS_SYNC_WAKE_BY_ADDRESS_NONE 0u
#define OS_SYNC_WAKE_BY_ADDRESS_SHARED 1u

#ifdef __cplusplus
extern "C" {
#endif
typedef uint32_t os_sync_wait_on_address_flags_t;
typedef uint32_t os_sync_wake_by_address_flags_t;
VIADUCT_SYNC_AVAILABLE int os_sync_wait_on_address(void* addr, uint64_t value, size_t size,
                                                   os_sync_wait_on_address_flags_t flags);
VIADUCT_SYNC_AVAILABLE int os_sync_wait_on_address_with_timeout(void* addr, uint64_t value, size_t size,
                                                                os_sync_wait_on_address_flags_t flags,
                                                                os_clockid_t clockid, uint64_t timeout_ns);
VIADUCT_SYNC_AVAILABLE int os_sync_wake_by_address_any(void* addr, size_t size, os_sync_wake_by_address_flags_t flags);
VIADUCT_SYNC_AVAILABLE int os_sync_wake_by_address_all(void* addr, size_t size, os_sync_wake_by_address_flags_t flags);
#ifdef __cplusplus
}
#endif
