// Every file of tests/data/checkpoints comes out as expected.json says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "checkpoint/golden_files.h"
#include "checkpoint/half.h"
#include "uie/checkpoint/reader.h"

namespace uie::checkpoint {
namespace {

std::string numpy_name(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return "float64";
    case DType::f32:
      return "float32";
    case DType::f16:
      return "float16";
    case DType::bf16:
      return "bfloat16";
    case DType::i64:
      return "int64";
    case DType::i32:
      return "int32";
    case DType::i16:
      return "int16";
    case DType::i8:
      return "int8";
    case DType::u8:
      return "uint8";
    case DType::boolean:
      return "bool";
  }
  return "?";
}

template <class Number>
double number_at(const TensorView& tensor, size_t index) {
  Number number;
  std::memcpy(&number, tensor.bytes.data() + index * sizeof(Number), sizeof(Number));
  return static_cast<double>(number);
}

double value_at(const TensorView& tensor, size_t index) {
  switch (tensor.dtype) {
    case DType::f64:
      return number_at<double>(tensor, index);
    case DType::f32:
      return number_at<float>(tensor, index);
    case DType::f16:
      return float_from_f16(static_cast<uint16_t>(number_at<uint16_t>(tensor, index)));
    case DType::bf16:
      return float_from_bf16(static_cast<uint16_t>(number_at<uint16_t>(tensor, index)));
    case DType::i64:
      return number_at<int64_t>(tensor, index);
    case DType::i32:
      return number_at<int32_t>(tensor, index);
    case DType::i16:
      return number_at<int16_t>(tensor, index);
    case DType::i8:
      return number_at<int8_t>(tensor, index);
    case DType::u8:
    case DType::boolean:
      return number_at<uint8_t>(tensor, index);
  }
  return 0;
}

void expect_tensor(const Reader& reader, const std::string& name, const GoldenTensor& golden) {
  SCOPED_TRACE(name);
  const Result<TensorView> tensor = reader.tensor(name);
  ASSERT_TRUE(tensor);
  EXPECT_EQ(tensor->shape, golden.shape);
  EXPECT_EQ(numpy_name(tensor->dtype), golden.dtype);
  ASSERT_EQ(tensor->bytes.size(), static_cast<size_t>(tensor->numel()) * byte_size(tensor->dtype));
  EXPECT_EQ(sha256(tensor->bytes), golden.sha256);
  for (size_t i = 0; i < golden.first.size(); ++i) EXPECT_EQ(value_at(*tensor, i), golden.first[i]);
}

void expect_exactly(const Reader& reader, const std::map<std::string, GoldenTensor>& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, golden] : tensors) {
    names.push_back(name);
    expect_tensor(reader, name, golden);
  }
  EXPECT_THAT(reader.names(), testing::ElementsAreArray(names));  // both sorted
}

void expect_refusal(const Error& error) {
  EXPECT_TRUE(error.code == ErrorCode::corrupt_checkpoint || error.code == ErrorCode::unsupported)
      << to_string(error.code);
  EXPECT_GT(error.message.size(), 10u);
}

class Golden : public testing::TestWithParam<GoldenCase> {};

TEST_P(Golden, IsReadOrRefused) {
  const GoldenCase& golden = GetParam();
  testing::internal::CaptureStdout();
  const Result<Reader> reader = Reader::open(golden_folder() / golden.file);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");  // a payload would print
  if (golden.expect == "ok") {
    ASSERT_TRUE(reader) << reader.error().message << " " << reader.error().where;
  }
  if (golden.expect == "error") {
    ASSERT_FALSE(reader);
  }
  if (!reader) {
    expect_refusal(reader.error());
    EXPECT_THAT(reader.error().where, testing::HasSubstr(golden.file));
  } else if (golden.tensors) {
    expect_exactly(*reader, *golden.tensors);
  }
}

TEST_P(Golden, IsTheSameFromMemory) {
  const std::vector<std::byte> bytes = exact_bytes(golden_bytes(GetParam().file));
  const Result<Reader> mapped = Reader::open(golden_folder() / GetParam().file);
  const Result<Reader> reader = Reader::from_bytes(bytes);
  ASSERT_EQ(mapped.has_value(), reader.has_value());
  if (reader && GetParam().tensors) expect_exactly(*reader, *GetParam().tensors);
}

std::string test_name(const testing::TestParamInfo<GoldenCase>& golden) {
  std::string name = golden.param.file;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, Golden, testing::ValuesIn(golden_cases()), test_name);

// The messages that a person will meet most often.
TEST(GoldenMessages, SayWhatIsWrong) {
  const auto message = [](const std::string& file) {
    const Result<Reader> reader = Reader::open(golden_folder() / file);
    return reader ? ""
                  : std::string(to_string(reader.error().code)) + ": " + reader.error().message + " @ " +
                        reader.error().where;
  };
  using testing::AllOf, testing::HasSubstr;
  EXPECT_THAT(message("bad_text.bin"), HasSubstr("Git LFS"));
  EXPECT_THAT(message("bad_html.bin"), HasSubstr("web page"));
  EXPECT_THAT(message("bad_empty.bin"), HasSubstr("empty"));
  EXPECT_THAT(message("zip_deflated.bin"), AllOf(HasSubstr("unsupported"), HasSubstr("compressed")));
  EXPECT_THAT(message("bad_torchscript.bin"), AllOf(HasSubstr("unsupported"), HasSubstr("TorchScript")));
  EXPECT_THAT(message("dtype_sparse.bin"), AllOf(HasSubstr("unsupported"), HasSubstr("sparse")));
  EXPECT_THAT(message("dtype_quantized.bin"), AllOf(HasSubstr("unsupported"), HasSubstr("quantised")));
  EXPECT_THAT(message("dtype_complex.bin"), AllOf(HasSubstr("unsupported"), HasSubstr("complex")));
  EXPECT_THAT(message("evil_os_system.bin"), AllOf(HasSubstr("corrupt_checkpoint"), HasSubstr("os.system")));
  EXPECT_THAT(message("geo_size_out.bin"), AllOf(HasSubstr("outside its storage"), HasSubstr("tensor w")));
  EXPECT_THAT(message("stbad_dtype.safetensors"), HasSubstr("unsupported"));
}

}  // namespace
}  // namespace uie::checkpoint
