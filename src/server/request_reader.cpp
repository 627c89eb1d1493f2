#include "server/request_reader.h"

#include <algorithm>
#include <utility>

namespace uie {

RequestReader::State RequestReader::feed(std::string_view bytes) {
  if (state_ == State::refused) return state_;
  buffer_.append(bytes);
  if (state_ != State::complete) state_ = advance();
  return state_;
}

RequestReader::State RequestReader::refuse(Problem problem) {
  problem_ = std::move(problem);
  buffer_ = {};
  request_ = {};
  return State::refused;
}

RequestReader::State RequestReader::advance() {
  if (state_ == State::body) return advance_body();
  return advance_head();
}

RequestReader::State RequestReader::advance_head() {
  // RFC 9112 §2.2: an empty line before the request line is read over; old clients send one after a body.
  while (scanner_.head_bytes() == 0 && buffer_.starts_with("\r\n")) buffer_.erase(0, 2);
  if (buffer_.empty()) return State::idle;
  if (buffer_ == "\r") return State::head;
  // Something else than HTTP (a TLS hello, say) may never send the line end that the scanner waits for.
  if (buffer_.front() < 'A' || buffer_.front() > 'Z') return refuse(make_problem(400, "this is not an HTTP request"));
  switch (scanner_.scan(buffer_)) {
    case HeadScanner::Found::more:
      return State::head;
    case HeadScanner::Found::refused:
      return refuse(scanner_.problem());
    case HeadScanner::Found::head:
      break;
  }
  auto head = parse_head(std::string_view(buffer_).substr(0, scanner_.head_bytes()));
  if (!head) return refuse(std::move(head.error()));
  buffer_.erase(0, scanner_.head_bytes());
  scanner_.reset();
  request_.head = *std::move(head);
  return begin_body();
}

RequestReader::State RequestReader::begin_body() {
  const HttpHead& head = request_.head;
  if (head.content_length > limits_.body_bytes) {
    return refuse(make_problem(413, "the body is larger than " + std::to_string(limits_.body_bytes) + " bytes"));
  }
  chunked_.reset();
  if (head.chunked) chunked_.emplace(limits_.body_bytes);
  const State state = advance_body();
  expect_continue_ = head.expect_continue && state == State::body && request_.body.empty();
  return state;
}

RequestReader::State RequestReader::advance_body() {
  if (chunked_) {
    std::string_view rest = buffer_;
    const auto state = chunked_->feed(rest, request_.body);
    if (state == ChunkedDecoder::State::refused) return refuse(chunked_->problem());
    buffer_.erase(0, buffer_.size() - rest.size());
    return state == ChunkedDecoder::State::done ? State::complete : State::body;
  }
  const size_t wanted = static_cast<size_t>(request_.head.content_length) - request_.body.size();
  const size_t taken = std::min(wanted, buffer_.size());
  request_.body.append(buffer_, 0, taken);
  buffer_.erase(0, taken);
  return taken == wanted ? State::complete : State::body;
}

bool RequestReader::take_expect_continue() { return std::exchange(expect_continue_, false); }

HttpRequest RequestReader::take() {
  HttpRequest request = std::exchange(request_, {});
  state_ = State::idle;
  state_ = advance();
  return request;
}

}  // namespace uie
