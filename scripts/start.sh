#!/usr/bin/env bash
# Builds if needed and serves models/default on http://localhost:7860.
# usage: scripts/start.sh [flags of `uie serve`]     for example: scripts/start.sh --port 8000
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
"$top/scripts/build.sh" release
exec "$top/build/release/uie" serve "$@"
