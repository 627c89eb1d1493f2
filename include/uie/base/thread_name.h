// Names the calling thread, for `top -H`, gdb and perf.
#pragma once

#include <string>

#include <pthread.h>

namespace uie {

// The kernel keeps 15 bytes.
inline void name_thread(const std::string& name) { pthread_setname_np(pthread_self(), name.substr(0, 15).c_str()); }

}  // namespace uie
