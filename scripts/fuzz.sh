#!/usr/bin/env bash
# Runs every fuzzer for SECONDS (default 60), two at a time. A finding fails and is left in build/fuzz/findings.
# usage: scripts/fuzz.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
scripts/build.sh fuzz tokenizer_fuzz pickle_fuzz safetensors_fuzz schema_fuzz
mkdir -p build/fuzz/findings
run_one() {
  local program=$1 name
  name=$(basename "$program")
  mkdir -p "build/fuzz/corpus/$name"
  local seeds=()
  case $name in pickle_fuzz | safetensors_fuzz) seeds=(tests/data/checkpoints) ;; esac
  "$program" -max_total_time="$2" -rss_limit_mb=2048 -timeout=10 -artifact_prefix=build/fuzz/findings/ -print_final_stats=0 \
    "build/fuzz/corpus/$name" "${seeds[@]}" >"build/fuzz/$name.log" 2>&1 || { tail -40 "build/fuzz/$name.log"; return 1; }
  echo "$name: $(grep -c '' "build/fuzz/$name.log") lines of log, nothing found in $2 s"
}
export -f run_one
find build/fuzz -maxdepth 1 -name '*_fuzz' -type f -print0 | xargs -0 -P "$(nproc)" -I{} bash -c 'run_one "$@"' _ {} "$seconds"
