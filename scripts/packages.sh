# Debian packages by purpose, and how to have them. Sourced by the other scripts.
#
# libtorch-dev pulls reference BLAS; libopenblas0-pthread replaces it (20 times faster products).
build_packages=(
  g++ cmake ninja-build ccache pkg-config
  libtorch-dev libopenblas0-pthread libcpp-httplib-dev nlohmann-json3-dev libspdlog-dev libcli11-dev libexpected-dev
  libsentencepiece-dev prometheus-cpp-dev libssl-dev zlib1g-dev liblzma-dev libhiredis-dev
)
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev librapidcheck-dev redis-server redis-tools curl python3)
fuzz_packages=(clang-14 libclang-rt-14-dev)

missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# Installs what is missing when root; else names it and fails.
need_packages() {
  local missing
  missing=$(missing_packages "$@" | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "These Debian packages are missing: $missing" >&2
    echo "Install them as root:  apt-get install $missing" >&2
    return 1
  fi
  echo "installing: $missing" >&2
  # A machine's package lists may be absent or old: once without, then with an update.
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 && return 0
  apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
}
