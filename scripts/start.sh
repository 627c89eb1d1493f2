#!/usr/bin/env bash
# Builds if needed and serves models/default on http://localhost:7860.
# usage: scripts/start.sh [flags of `uie serve`]     for example: scripts/start.sh --port 8000
#        scripts/start.sh --redis [URL] [flags]      jobs go through Redis; without URL through a redis-server of its own,
#                                                    with AOF, whose data stays in UIE_REDIS_DIR (default: build/redis)
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)

# One that still loads its data is there, too.
redis_answers() { [[ $(redis-cli -s "$1" ping 2>/dev/null) == @(PONG|*LOADING*) ]]; }

# Starts Debian's redis-server on a socket in its folder unless it runs already.
start_redis() {
  . "$top/scripts/packages.sh"
  need_packages redis-server
  local dir=${UIE_REDIS_DIR:-$top/build/redis}
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  if ! redis_answers "$dir/redis.sock"; then
    redis-server --port 0 --unixsocket "$dir/redis.sock" --unixsocketperm 700 --dir "$dir" --appendonly yes --save '' \
      --daemonize yes --pidfile "$dir/redis.pid" --logfile "$dir/redis.log" >/dev/null || true
    for _ in $(seq 100); do
      redis_answers "$dir/redis.sock" && break
      sleep 0.1
    done
    if ! redis_answers "$dir/redis.sock"; then
      tail -n 5 "$dir/redis.log" >&2 || true
      echo "redis-server did not start in $dir; its log says why. Another folder: UIE_REDIS_DIR" >&2
      exit 1
    fi
    echo "redis-server runs in $dir; it goes on when this ends (stop it: redis-cli -s $dir/redis.sock shutdown)" >&2
  fi
  url=unix://$dir/redis.sock
}

"$top/scripts/build.sh" release
arguments=()
while [ $# -gt 0 ]; do
  arguments+=("$1")
  if [ "$1" = --redis ] && { [ $# -eq 1 ] || [[ "$2" == --* ]]; }; then
    start_redis
    arguments+=("$url")
  fi
  shift
done
exec "$top/build/release/uie" serve "${arguments[@]+"${arguments[@]}"}"
