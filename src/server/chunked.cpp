#include "server/chunked.h"

#include <algorithm>
#include <charconv>

namespace uie {
namespace {

constexpr size_t max_size_line_bytes = 1'024;  // a size of 16 digits and extensions nobody uses
constexpr size_t max_trailer_bytes = 8u << 10;

}  // namespace

ChunkedDecoder::State ChunkedDecoder::refuse(int status, std::string detail) {
  problem_ = make_problem(status, std::move(detail));
  return State::refused;
}

ChunkedDecoder::State ChunkedDecoder::feed(std::string_view& input, std::string& body) {
  while (!input.empty()) {
    if (part_ == Part::data) {
      const size_t taken = static_cast<size_t>(std::min<uint64_t>(left_, input.size()));
      body.append(input.substr(0, taken));
      input.remove_prefix(taken);
      left_ -= taken;
      if (left_ == 0) part_ = Part::data_end;
      continue;
    }
    const State state = read_line_part(input, body);
    if (state != State::more) return state;
  }
  return State::more;
}

// Everything but data comes in lines.
ChunkedDecoder::State ChunkedDecoder::read_line_part(std::string_view& input, const std::string& body) {
  const size_t newline = input.find('\n');
  const size_t taken = std::min(newline, input.size() - 1) + 1;
  if (line_.size() + taken > max_size_line_bytes && part_ != Part::trailer)
    return refuse(400, "a chunk's size line is too long");
  if (part_ == Part::trailer && (trailer_bytes_ += taken) > max_trailer_bytes)
    return refuse(431, "the trailers are too long");
  line_.append(input.substr(0, taken));
  input.remove_prefix(taken);
  if (newline == std::string_view::npos) return State::more;
  if (!line_.ends_with("\r\n")) return refuse(400, "a line of the chunked body does not end with CR LF");
  line_.resize(line_.size() - 2);
  const State state = end_line(body);
  line_.clear();
  return state;
}

ChunkedDecoder::State ChunkedDecoder::end_line(const std::string& body) {
  switch (part_) {
    case Part::size_line:
      return read_size(body);
    case Part::data_end:
      if (!line_.empty()) return refuse(400, "a chunk is longer than its size");
      part_ = Part::size_line;
      return State::more;
    case Part::trailer:
      return line_.empty() ? State::done : State::more;
    case Part::data:
      break;
  }
  return State::more;
}

ChunkedDecoder::State ChunkedDecoder::read_size(const std::string& body) {
  const char* end = line_.data() + line_.size();
  const auto [stop, error] = std::from_chars(line_.data(), end, left_, 16);
  if (error == std::errc::result_out_of_range) return refuse(413, "a chunk is beyond any limit");
  const bool extension = stop != end && (*stop == ';' || *stop == ' ' || *stop == '\t');
  if (error != std::errc() || (stop != end && !extension))
    return refuse(400, "a chunk's size is not a hexadecimal number");
  if (left_ > max_body_bytes_ - body.size()) {
    return refuse(413, "the body is larger than " + std::to_string(max_body_bytes_) + " bytes");
  }
  part_ = left_ == 0 ? Part::trailer : Part::data;
  return State::more;
}

}  // namespace uie
