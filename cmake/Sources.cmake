# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# The only map from operating system to source files. One line per file; no globs, so that a file that is not built is
# seen in review. A file in src/macos replaces the file of the same name in src/posix.
set(viaduct_common_sources
  barrier.cpp
  capabilities.cpp
  child_process.cpp
  condition.cpp
  entry_name.cpp
  error.cpp
  event_count.cpp
  framing.cpp
  handover.cpp
  lock_word.cpp
  log.cpp
  member_table.cpp
  mutex.cpp
  name.cpp
  named_pipe.cpp
  named_pipe_connection.cpp
  named_pipe_listener.cpp
  native_handle.cpp
  notification.cpp
  open_by_name.cpp
  owner_cells.cpp
  permit_pool.cpp
  pipe.cpp
  seam.cpp
  semaphore.cpp
  shared_heap.cpp
  shared_memory.cpp
  shared_mutex.cpp
  shared_object.cpp
  stream_contract.cpp
  thread_token.cpp
  user.cpp
  wait_graph.cpp
)

set(viaduct_posix_sources
  canceller.cpp
  capabilities.cpp
  child_process.cpp
  descriptor.cpp
  directory.cpp
  directory_cache.cpp
  entry.cpp
  entry_candidate.cpp
  entry_file.cpp
  entry_format.cpp
  entry_protocol.cpp
  entry_table.cpp
  error.cpp
  event_count.cpp
  fork.cpp
  inherited.cpp
  name_watch.cpp
  named_pipe.cpp
  named_pipe_connect.cpp
  named_pipe_handles.cpp
  named_pipe_listener.cpp
  native_handle.cpp
  pipe.cpp
  pipe_open.cpp
  plausible_errors.cpp
  process.cpp
  shared_memory.cpp
  shared_memory_anonymous.cpp
  shared_memory_file.cpp
  shared_memory_map.cpp
  stop_request.cpp
  system.cpp
  system_calls.cpp
  system_memory.cpp
  system_process.cpp
  user.cpp
)

set(viaduct_macos_replacements
  directory.cpp
  system.cpp
  system_memory.cpp
  system_process.cpp
)

set(viaduct_windows_sources
  blocking_stream.cpp
  blocking_worker.cpp
  capabilities.cpp
  child_process.cpp
  child_streams.cpp
  child_table.cpp
  command_line.cpp
  entry.cpp
  entry_building.cpp
  entry_cleanup.cpp
  entry_directory.cpp
  entry_file.cpp
  entry_find.cpp
  entry_leaving.cpp
  entry_protocol.cpp
  entry_record.cpp
  environment.cpp
  error.cpp
  event_count.cpp
  in_flight_handles.cpp
  inherited.cpp
  lasting_thread.cpp
  name_watch.cpp
  named_pipe.cpp
  named_pipe_connect.cpp
  named_pipe_handles.cpp
  named_pipe_listener.cpp
  native_handle.cpp
  overlapped.cpp
  pipe.cpp
  pipe_by_name.cpp
  pipe_dial.cpp
  pipe_instance.cpp
  pipe_peer.cpp
  plausible_errors.cpp
  process.cpp
  random.cpp
  reaper.cpp
  section.cpp
  security.cpp
  shared_memory.cpp
  shared_memory_anonymous.cpp
  shared_memory_file.cpp
  stream.cpp
  system.cpp
  system_io.cpp
  system_memory.cpp
  system_process.cpp
  system_stream.cpp
  user.cpp
  wide_string.cpp
  write_buffer.cpp
)

set(VIADUCT_SOURCES "")
foreach(file IN LISTS viaduct_common_sources)
  list(APPEND VIADUCT_SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/src/common/${file})
endforeach()

if(WIN32)
  foreach(file IN LISTS viaduct_windows_sources)
    list(APPEND VIADUCT_SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/src/windows/${file})
  endforeach()
  set(VIADUCT_TEST_SYSTEM windows)
  set(VIADUCT_SYSTEM_LIBRARIES advapi32 bcrypt ole32 shell32)
else()
  foreach(file IN LISTS viaduct_posix_sources)
    set(folder posix)
    if(APPLE AND file IN_LIST viaduct_macos_replacements)
      set(folder macos)
    endif()
    list(APPEND VIADUCT_SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/src/${folder}/${file})
  endforeach()
  set(VIADUCT_TEST_SYSTEM posix)
  set(VIADUCT_SYSTEM_LIBRARIES "")
endif()
