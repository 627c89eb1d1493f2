// Decodes a chunked body (RFC 9112 §7.1) piece by piece, strictly; extensions and trailers are read over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/api_error.h"

namespace uie {

class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(size_t max_body_bytes) : max_body_bytes_(max_body_bytes) {}

  enum class State { more, done, refused };

  // Takes bytes from the front of `input` and appends what they carry to `body`. When done, what is left of `input`
  // belongs to the next request.
  State feed(std::string_view& input, std::string& body);

  const Problem& problem() const { return problem_; }

 private:
  enum class Part { size_line, data, data_end, trailer };

  State read_line_part(std::string_view& input, const std::string& body);
  State end_line(const std::string& body);
  State read_size(const std::string& body);
  State refuse(int status, std::string detail);

  size_t max_body_bytes_;
  Part part_ = Part::size_line;
  std::string line_;   // the size line, the CRLF after data or a trailer line, so far
  uint64_t left_ = 0;  // bytes of the chunk still to come
  size_t trailer_bytes_ = 0;
  Problem problem_;
};

}  // namespace uie
