#!/usr/bin/env bash
# Memory of Redis, front end and worker over 200,000 requests: flat, or a leak (tests/queue/memory_test.py --help).
# usage: scripts/memory_test.sh                       a few minutes
#        scripts/memory_test.sh --requests 2000000    a slow leak would show
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh dev uie http_bench
exec python3 tests/queue/memory_test.py "$@"
