// The directory of a zip archive whose entries are stored, not compressed: what PyTorch writes.
#pragma once

#include <string_view>
#include <vector>

#include "checkpoint/byte_cursor.h"
#include "uie/base/result.h"

namespace uie::checkpoint {

struct ZipEntry {
  std::string_view name;  // in the archive; never used as a path
  uint32_t crc = 0;
  bool stored = true;  // not compressed
  Bytes data;          // in the archive, as they lie there
};

// Views into the archive, which must outlive it.
class ZipDirectory {
 public:
  // Zip and zip64. Refused: encrypted entries (unsupported); names given twice, entries that overlap, and any
  // disagreement between the end records, the directory and the local headers (corrupt_checkpoint).
  static Result<ZipDirectory> read(Bytes archive);

  const ZipEntry* find(std::string_view name) const;
  const std::vector<ZipEntry>& entries() const { return entries_; }  // sorted by name

 private:
  std::vector<ZipEntry> entries_;
};

// The entry's bytes, in place, after a pass over them for the checksum. Compressed entries are unsupported: nothing is
// ever unpacked, so no archive can unpack to more than its size.
Result<Bytes> stored_bytes(const ZipEntry& entry);

}  // namespace uie::checkpoint
