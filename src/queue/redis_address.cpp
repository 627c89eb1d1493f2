#include "queue/redis_address.h"

#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>

namespace uie::redis {
namespace {

constexpr const char* kWanted =
    "the Redis URL must look like redis://[user:password@]host[:port][/db] or unix:///path[?db=n]";

Unexpected wrong(const std::string& what) {
  return fail(ErrorCode::invalid_request, std::string(kWanted) + ": " + what, "--redis");
}

std::optional<int> number(std::string_view digits, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0 || value > most) return std::nullopt;
  return value;
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
    out += escape ? static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return out;
}

// What stands before the first `mark`, which leaves `rest`; nothing when there is none.
std::optional<std::string_view> cut(std::string_view& rest, char mark) {
  const size_t at = rest.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto before = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return before;
}

constexpr int kMostDatabases = 65'535;

Result<Address> unix_address(std::string_view rest) {
  Address address;
  std::string_view path = rest;
  if (const auto before = cut(rest, '?')) {
    path = *before;
    if (!rest.starts_with("db=")) return wrong("after '?' only db=n may stand");
    const auto database = number(rest.substr(3), kMostDatabases);
    if (!database) return wrong("db must be a number");
    address.database = *database;
  }
  address.socket_path = percent_decoded(path);
  if (!address.socket_path.starts_with('/')) return wrong("the socket's path must be absolute");
  return address;
}

void read_user(std::string_view who, Address& address) {
  const auto user = cut(who, ':');
  if (user) address.user = percent_decoded(*user);
  address.password = percent_decoded(who);
}

Result<Address> tcp_address(std::string_view rest) {
  Address address;
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    read_user(rest.substr(0, at), address);
    rest.remove_prefix(at + 1);
  }
  std::string_view place = rest;
  if (const auto before = cut(rest, '/')) {
    place = *before;
    const auto database = rest.empty() ? 0 : number(rest, kMostDatabases);
    if (!database) return wrong("the database must be a number");
    address.database = *database;
  }
  if (place.starts_with('[')) {  // an IPv6 address
    place.remove_prefix(1);
    const auto inside = cut(place, ']');
    if (!inside || !(place.empty() || place.starts_with(':'))) return wrong("an IPv6 address stands in brackets");
    address.host = *inside;
    if (!place.empty()) place.remove_prefix(1);
  } else if (const auto host = cut(place, ':')) {
    address.host = *host;
  } else {
    address.host = place;
    place = {};
  }
  if (address.host.empty()) return wrong("the host is missing");
  if (place.empty()) return address;
  const auto port = number(place, 65'535);
  if (!port || *port == 0) return wrong("the port must be a number from 1 to 65535");
  address.port = *port;
  return address;
}

Result<std::string> first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) {
    return fail(ErrorCode::invalid_request, "the file with Redis' password cannot be read or is empty", file.string());
  }
  while (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace

std::string Address::shown() const {
  const std::string place = host.empty() ? "unix://" + socket_path : "redis://" + host + ":" + std::to_string(port);
  return place + (host.empty() ? "?db=" : "/") + std::to_string(database);
}

Result<Address> read_address(const RedisOptions& options) {
  std::string_view url = options.url;
  const auto starts = [&](std::string_view scheme) {
    if (!url.starts_with(scheme)) return false;
    url.remove_prefix(scheme.size());
    return true;
  };
  auto address = starts("redis://")  ? tcp_address(url)
                 : starts("unix://") ? unix_address(url)
                                     : Result<Address>(wrong("the scheme is neither redis nor unix"));
  if (!address || options.password_file.empty()) return address;
  auto password = first_line(options.password_file);
  if (!password) return Unexpected(password.error());
  address->password = *std::move(password);
  return address;
}

}  // namespace uie::redis
