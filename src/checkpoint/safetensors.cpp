#include "checkpoint/safetensors.h"

#include <algorithm>

#include "checkpoint/errors.h"

namespace uie::checkpoint {
namespace {

// The limit of the reference implementation.
constexpr uint64_t kLargestHeader = 100'000'000;

using Record = TensorRecords::value_type;

Result<void> check_size(const Record& entry, uint64_t data_size) {
  const auto& [name, record] = entry;
  if (record.begin > record.end || record.end > data_size) {
    return corrupt("its data_offsets lie outside the " + std::to_string(data_size) + " bytes of data", printable(name));
  }
  const std::optional<int64_t> count = element_count(record.shape);
  const std::optional<int64_t> bytes = count ? byte_count(*count, record.dtype) : std::nullopt;
  if (!bytes) return corrupt("its shape overflows", printable(name));
  if (static_cast<uint64_t>(*bytes) != record.end - record.begin) {
    return corrupt("its shape needs " + std::to_string(*bytes) + " bytes, its data_offsets span " +
                       std::to_string(record.end - record.begin),
                   printable(name));
  }
  return {};
}

// Every byte belongs to exactly one tensor: sorted by place, each begins where the one before it ended.
Result<void> check_tiling(const TensorRecords& records, uint64_t data_size) {
  std::vector<const Record*> by_place;
  for (const Record& entry : records) by_place.push_back(&entry);
  std::sort(by_place.begin(), by_place.end(), [](const Record* a, const Record* b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  uint64_t end = 0;
  for (const Record* entry : by_place) {
    if (entry->second.begin != end) {
      return corrupt(
          entry->second.begin < end ? "its data overlap those of another tensor" : "a hole lies before its data",
          printable(entry->first));
    }
    end = entry->second.end;
  }
  if (end == data_size) return {};
  return corrupt(std::to_string(data_size - end) + " bytes follow the last tensor");
}

Result<Bytes> header_bytes(Bytes file) {
  ByteCursor cursor(file);
  const auto length = cursor.number<uint64_t>();
  if (!cursor.ok()) return corrupt("shorter than the length of a safetensors header");
  if (length > kLargestHeader || length > cursor.left()) {
    return corrupt("the safetensors header declares " + std::to_string(length) + " bytes; the file has " +
                   std::to_string(file.size()));
  }
  return cursor.take(length);
}

}  // namespace

Result<TensorTable> read_safetensors(Bytes file) {
  const Result<Bytes> header = header_bytes(file);
  if (!header) return Unexpected(header.error());
  Result<TensorRecords> records = parse_safetensors_header(as_text(*header));
  if (!records) return Unexpected(records.error());
  if (records->empty()) return corrupt("the file holds no tensors");

  const Bytes data = file.subspan(sizeof(uint64_t) + header->size());
  for (const Record& entry : *records) {
    if (Result<void> checked = check_size(entry, data.size()); !checked) return Unexpected(checked.error());
  }
  if (Result<void> checked = check_tiling(*records, data.size()); !checked) return Unexpected(checked.error());

  TensorTable table;
  for (auto& [name, record] : *records) {
    const Bytes bytes = data.subspan(record.begin, record.end - record.begin);
    table.tensors.emplace(name, TensorView{record.dtype, std::move(record.shape), bytes});
  }
  return table;
}

}  // namespace uie::checkpoint
