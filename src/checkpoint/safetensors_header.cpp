// The header of a safetensors file, {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}.
//
// It is read by events, never as a tree: the grammar has three levels, so a level counter refuses deep nesting at its
// fourth bracket, keys given twice are seen, and memory is what the records need.

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "checkpoint/errors.h"
#include "checkpoint/safetensors.h"

namespace uie::checkpoint {
namespace {

using Json = nlohmann::json;

std::optional<DType> dtype_named(std::string_view name) {
  constexpr std::array all = {DType::f64, DType::f32, DType::f16, DType::bf16, DType::i64,
                              DType::i32, DType::i16, DType::i8,  DType::u8,   DType::boolean};
  const auto found = std::find_if(all.begin(), all.end(), [&](DType dtype) { return to_string(dtype) == name; });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

class HeaderEvents : public nlohmann::json_sax<Json> {
 public:
  TensorRecords records;
  std::optional<Error> error;

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool number_float(double, const std::string&) override { return unexpected("a number that is no 64-bit integer"); }
  bool binary(binary_t&) override { return unexpected("binary data"); }
  bool number_integer(int64_t) override { return unexpected("a negative number"); }

  bool number_unsigned(uint64_t value) override {
    if (level_ != Level::array) return unexpected("a number");
    std::vector<uint64_t>& list = field_ == Field::shape ? shape_ : offsets_;
    if (list.size() >= kMaxRank) return refuse("more numbers in a list than a tensor has dimensions");
    list.push_back(value);
    return true;
  }

  bool string(std::string& value) override {
    if (level_ == Level::metadata) return true;
    if (level_ != Level::tensor || field_ != Field::dtype) return unexpected("a string");
    dtype_ = dtype_named(value);
    if (!dtype_) error = unsupported("tensors of type " + printable(value) + " are not supported", place()).value();
    return dtype_.has_value();
  }

  bool start_object(size_t) override {
    if (level_ == Level::outside) {
      level_ = Level::top;
      return true;
    }
    if (level_ != Level::top) return unexpected("an object");
    level_ = name_ == "__metadata__" ? Level::metadata : Level::tensor;
    begin_tensor();
    return true;
  }

  bool key(std::string& value) override {
    if (level_ == Level::top) return top_key(value);
    if (level_ == Level::metadata) return true;
    return field_key(value);
  }

  bool end_object() override {
    if (level_ == Level::tensor && !finish_tensor()) return false;
    level_ = level_ == Level::top ? Level::outside : Level::top;
    return true;
  }

  bool start_array(size_t) override {
    if (level_ != Level::tensor || field_ == Field::dtype) return unexpected("a list");
    level_ = Level::array;
    return true;
  }

  bool end_array() override {
    level_ = Level::tensor;
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("the header is not valid JSON near its byte " + std::to_string(position));
  }

 private:
  enum class Level { outside, top, metadata, tensor, array };
  enum class Field { none, dtype, shape, offsets };

  bool refuse(std::string message) {
    error = corrupt(std::move(message), place()).value();
    return false;
  }

  bool unexpected(const char* what) { return refuse(std::string("the header has ") + what + " where none belongs"); }

  std::string place() const { return printable(name_); }

  bool top_key(const std::string& value) {
    name_ = value;
    const bool again = value == "__metadata__" ? std::exchange(has_metadata_, true) : records.contains(value);
    return !again || refuse("the header gives a name twice");
  }

  bool field_key(const std::string& value) {
    field_ = value == "dtype"          ? Field::dtype
             : value == "shape"        ? Field::shape
             : value == "data_offsets" ? Field::offsets
                                       : Field::none;
    if (field_ == Field::none) return refuse("unknown field " + printable(value));
    bool& seen = seen_[static_cast<size_t>(field_)];
    return !std::exchange(seen, true) || refuse("the field " + value + " is given twice");
  }

  void begin_tensor() {
    seen_ = {};
    dtype_.reset();
    shape_.clear();
    offsets_.clear();
  }

  bool finish_tensor() {
    // A field whose value is missing or of the wrong kind never gets here, save for an absent one.
    const bool complete = std::count(seen_.begin(), seen_.end(), true) == 3 && offsets_.size() == 2;
    if (!complete) return refuse("a tensor needs dtype, shape and two data_offsets");
    TensorRecord record{*dtype_, {}, offsets_[0], offsets_[1]};
    for (const uint64_t size : shape_) {
      if (size > static_cast<uint64_t>(INT64_MAX)) return refuse("a size of the shape is over 63 bits");
      record.shape.push_back(static_cast<int64_t>(size));
    }
    records.emplace(name_, std::move(record));
    return true;
  }

  Level level_ = Level::outside;
  Field field_ = Field::none;
  std::string name_;
  bool has_metadata_ = false;
  std::array<bool, 4> seen_{};
  std::optional<DType> dtype_;
  std::vector<uint64_t> shape_, offsets_;
};

}  // namespace

Result<TensorRecords> parse_safetensors_header(std::string_view json) {
  HeaderEvents events;
  if (Json::sax_parse(json, &events)) return std::move(events.records);
  return Unexpected(events.error.value_or(Error{ErrorCode::corrupt_checkpoint, "the header is not valid JSON", {}}));
}

}  // namespace uie::checkpoint
