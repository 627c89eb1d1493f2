#include "server/http_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace uie {
namespace {

using Refused = tl::unexpected<Problem>;

bool is_token_char(char c) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         marks.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The next line of `rest` without its CRLF.
std::string_view next_line(std::string_view& rest) {
  const size_t end = rest.find("\r\n");
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

bool is_known_method(std::string_view method) {
  constexpr std::array<std::string_view, 7> known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return std::find(known.begin(), known.end(), method) != known.end();
}

// "http://host/path?query" as a proxy sends it → "/path?query".
std::string origin_form(std::string_view target) {
  const size_t scheme = target.find("://");
  if (target.front() == '/' || scheme == std::string_view::npos) return std::string(target);
  const size_t path = target.find_first_of("/?", scheme + 3);
  if (path == std::string_view::npos) return "/";
  return (target[path] == '?' ? "/" : "") + std::string(target.substr(path));
}

std::optional<Problem> parse_request_line(std::string_view line, HttpHead& head) {
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return make_problem(400, "the request line is not 'METHOD target HTTP/1.1'");
  const auto method = line.substr(0, first), version = line.substr(last + 1);
  const auto target = line.substr(first + 1, last - first - 1);
  if (!is_token(method)) return make_problem(400, "the method is not a token");
  if (!version.starts_with("HTTP/")) return make_problem(400, "the request line does not end with an HTTP version");
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return make_problem(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  if (!is_known_method(method)) return make_problem(501, "the method is not implemented");
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  if (target.empty() || !std::all_of(target.begin(), target.end(), visible)) {
    return make_problem(400, "the target holds a character that must be percent-encoded");
  }
  head.method = method;
  head.target = origin_form(target);
  head.http_1_0 = version == "HTTP/1.0";
  const bool asterisk = head.target == "*" && method == "OPTIONS";
  if (head.target.front() != '/' && !asterisk) return make_problem(400, "the target is not a path");
  head.target.erase(std::min(head.target.find('#'), head.target.size()));
  return std::nullopt;
}

std::optional<Problem> parse_header_line(std::string_view line, HttpHead& head) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return make_problem(400, "a header line is not 'Name: value'");
  }
  const auto value = trim(line.substr(colon + 1));
  if (std::any_of(value.begin(), value.end(), is_control))
    return make_problem(400, "a header value holds a control character");
  head.headers.emplace_back(lower(line.substr(0, colon)), std::string(value));
  return std::nullopt;
}

size_t count(const HttpHead& head, std::string_view name) {
  return static_cast<size_t>(std::count_if(head.headers.begin(), head.headers.end(),
                                           [&](const auto& header) { return header.first == name; }));
}

std::optional<Problem> read_length(HttpHead& head) {
  const std::string* value = head.find("content-length");
  if (!value) return std::nullopt;
  if (count(head, "content-length") > 1) return make_problem(400, "Content-Length is given more than once");
  const char* end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, head.content_length);
  const bool digits = !value->empty() && value->find_first_not_of("0123456789") == std::string::npos;
  if (digits && error == std::errc::result_out_of_range) return make_problem(413, "Content-Length is beyond any limit");
  if (!digits || stop != end) return make_problem(400, "Content-Length is not a number");
  return std::nullopt;
}

std::optional<Problem> read_transfer_coding(HttpHead& head) {
  const std::string* value = head.find("transfer-encoding");
  if (!value) return std::nullopt;
  if (head.find("content-length")) return make_problem(400, "Content-Length and Transfer-Encoding exclude each other");
  if (head.http_1_0) return make_problem(400, "HTTP/1.0 knows no Transfer-Encoding");
  if (count(head, "transfer-encoding") > 1 || lower(*value) != "chunked") {
    return make_problem(400, "the only transfer coding understood is 'chunked'");
  }
  head.chunked = true;
  return std::nullopt;
}

// One member of a comma-separated header, in any case.
bool has_member(const HttpHead& head, std::string_view name, std::string_view member) {
  for (const auto& [key, value] : head.headers) {
    if (key != name) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const size_t comma = std::min(rest.find(','), rest.size());
      if (lower(trim(rest.substr(0, comma))) == member) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

std::optional<Problem> read_meaning(HttpHead& head) {
  if (auto problem = read_length(head)) return problem;
  if (auto problem = read_transfer_coding(head)) return problem;
  const size_t hosts = count(head, "host");
  if (hosts > 1 || (hosts == 0 && !head.http_1_0)) return make_problem(400, "a request has exactly one Host header");
  head.keep_alive =
      head.http_1_0 ? has_member(head, "connection", "keep-alive") : !has_member(head, "connection", "close");
  if (const std::string* expect = head.find("expect"); expect && !head.http_1_0) {
    if (lower(*expect) != "100-continue") return make_problem(417, "the only expectation understood is '100-continue'");
    head.expect_continue = true;
  }
  return std::nullopt;
}

}  // namespace

const std::string* HttpHead::find(std::string_view lower_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_name) return &value;
  }
  return nullptr;
}

HeadScanner::Found HeadScanner::refuse(int status, std::string detail) {
  problem_ = make_problem(status, std::move(detail));
  return Found::refused;
}

HeadScanner::Found HeadScanner::scan(std::string_view buffer) {
  while (true) {
    const size_t newline = buffer.find('\n', next_);
    const size_t line_end = std::min(newline, buffer.size());
    if (in_request_line_ && line_end - line_begin_ > limits_.line_bytes) {
      return refuse(414, "the request line is longer than " + std::to_string(limits_.line_bytes) + " bytes");
    }
    if (!in_request_line_ && line_end - line_begin_ > limits_.header_line_bytes) {
      return refuse(431, "a header line is longer than " + std::to_string(limits_.header_line_bytes) + " bytes");
    }
    if (!in_request_line_ && line_end - headers_begin_ > limits_.headers_bytes) {
      return refuse(431, "the headers are longer than " + std::to_string(limits_.headers_bytes) + " bytes");
    }
    next_ = line_end;
    if (newline == std::string_view::npos) return Found::more;
    if (newline == line_begin_ || buffer[newline - 1] != '\r')
      return refuse(400, "a line of the head does not end with CR LF");
    next_ = newline + 1;
    const bool empty_line = newline - line_begin_ == 1;
    if (empty_line) {
      if (in_request_line_) return refuse(400, "the request line is empty");
      return Found::head;
    }
    if (in_request_line_) headers_begin_ = next_;
    in_request_line_ = false;
    line_begin_ = next_;
  }
}

tl::expected<HttpHead, Problem> parse_head(std::string_view bytes) {
  HttpHead head;
  if (auto problem = parse_request_line(next_line(bytes), head)) return Refused(*std::move(problem));
  for (auto line = next_line(bytes); !line.empty(); line = next_line(bytes)) {
    if (auto problem = parse_header_line(line, head)) return Refused(*std::move(problem));
  }
  if (auto problem = read_meaning(head)) return Refused(*std::move(problem));
  return head;
}

}  // namespace uie
