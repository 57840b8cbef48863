// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Everything.
#pragma once

#include "viaduct/bytes.hpp"
#include "viaduct/capabilities.hpp"
#include "viaduct/child_process.hpp"
#include "viaduct/deadline.hpp"
#include "viaduct/endpoint.hpp"
#include "viaduct/errc.hpp"
#include "viaduct/error.hpp"
#include "viaduct/identity.hpp"
#include "viaduct/lifetime.hpp"
#include "viaduct/log.hpp"
#include "viaduct/name.hpp"
#include "viaduct/named_pipe.hpp"
#include "viaduct/native_handle.hpp"
#include "viaduct/permission.hpp"
#include "viaduct/pipe.hpp"
#include "viaduct/result.hpp"
#include "viaduct/shared_memory.hpp"
#include "viaduct/user.hpp"
#include "viaduct/version.hpp"
