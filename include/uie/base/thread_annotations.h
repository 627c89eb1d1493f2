// Names for clang's thread-safety attributes; nothing with other compilers.
//
// Build with clang (-Wthread-safety, on by default there) and a member that is read without its lock does not compile.
#pragma once

#if defined(__clang__)
#define UIE_ATTRIBUTE(x) __attribute__((x))
#else
#define UIE_ATTRIBUTE(x)
#endif

#define UIE_CAPABILITY(name) UIE_ATTRIBUTE(capability(name))
#define UIE_SCOPED_CAPABILITY UIE_ATTRIBUTE(scoped_lockable)
#define UIE_GUARDED_BY(mutex) UIE_ATTRIBUTE(guarded_by(mutex))
#define UIE_REQUIRES(...) UIE_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define UIE_EXCLUDES(...) UIE_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define UIE_ACQUIRE(...) UIE_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define UIE_RELEASE(...) UIE_ATTRIBUTE(release_capability(__VA_ARGS__))
