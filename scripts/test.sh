#!/usr/bin/env bash
# Builds everything with tests and runs them. usage: scripts/test.sh [flags of ctest]
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh dev
ctest --test-dir build/dev --output-on-failure "$@"
