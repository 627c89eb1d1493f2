#!/usr/bin/env bash
# Offers ten times the capacity for two minutes, in process and over Redis, and judges what happens
# (tests/queue/overload_test.py --help). Nothing else should run on the machine.
# usage: scripts/overload_test.sh                                  ten minutes, the default model
#        scripts/overload_test.sh --seconds 20 --queue redis       a short one
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh dev uie http_bench
exec python3 tests/queue/overload_test.py "$@"
