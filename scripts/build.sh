#!/usr/bin/env bash
# Builds the program: build/release/uie. Installs what is missing when root, else names it.
# usage: scripts/build.sh [PRESET [TARGET…]]     presets: release (default), dev, asan, ubsan, tsan, fuzz, cuda
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
preset=${1:-release}
targets=("${@:2}")
case $preset in
  release) need_packages "${build_packages[@]}" ;;
  fuzz) need_packages "${build_packages[@]}" "${test_packages[@]}" "${fuzz_packages[@]}" ;;
  cuda) ;;  # libtorch and CUDA are the host's own: CMAKE_PREFIX_PATH names them
  *) need_packages "${build_packages[@]}" "${test_packages[@]}" ;;
esac
# Clones in different folders share what they compile.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
log=build/$preset.configure.log
mkdir -p build
if [ ! -f "build/$preset/build.ninja" ] || [ CMakePresets.json -nt "build/$preset/build.ninja" ]; then
  cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi
ninja -C "build/$preset" --quiet "${targets[@]}"
