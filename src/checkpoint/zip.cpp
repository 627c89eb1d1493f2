// A zip archive is read from its end: an end record points to the central directory, whose headers point to a local
// header before each entry's data. Everything is said twice or three times, and readers differ in whom they believe; we
// believe nobody and refuse an archive whose records disagree, so that no two readers can see different weights in it.
// Field by field: APPNOTE.TXT 6.3.10, §4.3.7 local header, §4.3.12 central header, §4.3.14 to §4.3.16 end records.

#include "checkpoint/zip.h"

#include <zlib.h>

#include <algorithm>
#include <optional>

#include "checkpoint/errors.h"

namespace uie::checkpoint {
namespace {

constexpr uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kEndRecord = 0x06054b50;
constexpr uint32_t kEnd64Record = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr size_t kEndRecordSize = 22, kEnd64RecordSize = 56, kEnd64LocatorSize = 20, kCentralHeaderSize = 46;
constexpr size_t kLongestComment = 0xFFFF;
constexpr uint16_t kElsewhere16 = 0xFFFF;  // "see the zip64 record"
constexpr uint32_t kElsewhere32 = 0xFFFFFFFF;

constexpr uint16_t kStored = 0;                        // compression method
constexpr uint16_t kEncrypted = 1 | 1 << 6 | 1 << 13;  // plain, strong, masked headers
constexpr uint16_t kSizesFollow = 1 << 3;  // crc and sizes stand behind the data, the local header has zeros

struct Directory {
  uint64_t count = 0, offset = 0, size = 0;
  uint64_t end = 0;  // where the next record begins: the directory must reach it exactly
};

struct CentralHeader {
  uint16_t flags = 0, method = 0;
  uint32_t crc = 0;
  uint64_t packed_size = 0, size = 0, local_offset = 0;
  std::string_view name;
};

std::optional<size_t> find_end_record(Bytes archive) {
  if (archive.size() < kEndRecordSize) return std::nullopt;
  const size_t last = archive.size() - kEndRecordSize;
  for (size_t comment = 0; comment <= std::min(last, kLongestComment); ++comment) {
    ByteCursor cursor(archive, last - comment);
    if (cursor.number<uint32_t>() != kEndRecord) continue;
    cursor.take(kEndRecordSize - 6);
    if (cursor.number<uint16_t>() == comment) return last - comment;
  }
  return std::nullopt;
}

Result<Directory> read_end64_record(Bytes archive, size_t locator_at) {
  ByteCursor locator(archive, locator_at + 4);
  const auto disk = locator.number<uint32_t>();
  const auto record_at = locator.number<uint64_t>();
  const auto disks = locator.number<uint32_t>();
  if (disk != 0 || disks != 1 || record_at > locator_at) return corrupt("the zip64 locator is malformed");

  ByteCursor record(archive.first(locator_at), record_at);
  const auto signature = record.number<uint32_t>();
  const auto rest = record.number<uint64_t>();
  const bool reaches_locator = rest == record.left() && rest >= kEnd64RecordSize - 12;
  record.take(4);  // versions
  const auto disks_here = record.number<uint64_t>();
  const auto count_here = record.number<uint64_t>();
  Directory directory;
  directory.count = record.number<uint64_t>();
  directory.size = record.number<uint64_t>();
  directory.offset = record.number<uint64_t>();
  directory.end = record_at;
  const bool sound = record.ok() && signature == kEnd64Record && reaches_locator && disks_here == 0;
  if (!sound || count_here != directory.count) return corrupt("the zip64 end record is malformed");
  return directory;
}

Result<Directory> read_end_records(Bytes archive) {
  const std::optional<size_t> at = find_end_record(archive);
  if (!at) return corrupt("the zip archive has no end record: the file is cut short");
  ByteCursor cursor(archive, *at + 4);
  const auto disks = cursor.number<uint32_t>();
  const auto count_here = cursor.number<uint16_t>();
  const auto count = cursor.number<uint16_t>();
  const auto size = cursor.number<uint32_t>();
  const auto offset = cursor.number<uint32_t>();
  if (disks != 0 || count_here != count) return corrupt("the zip archive spans several disks");

  const bool has_locator =
      *at >= kEnd64LocatorSize && ByteCursor(archive, *at - kEnd64LocatorSize).number<uint32_t>() == kEnd64Locator;
  if (!has_locator) return Directory{count, offset, size, *at};
  Result<Directory> wide = read_end64_record(archive, *at - kEnd64LocatorSize);
  if (!wide) return wide;
  const bool agree = (count == kElsewhere16 || count == wide->count) && (size == kElsewhere32 || size == wide->size) &&
                     (offset == kElsewhere32 || offset == wide->offset);
  if (!agree) return corrupt("the zip end records disagree");
  return wide;
}

// The zip64 extra field holds, in this order, those of the wanted numbers that did not fit. False when it is missing.
bool read_zip64_extra(Bytes extra, const std::vector<uint64_t*>& wanted) {
  constexpr uint16_t zip64_tag = 1;
  for (ByteCursor fields(extra); fields.ok() && fields.left() >= 4;) {
    const auto tag = fields.number<uint16_t>();
    const auto size = fields.number<uint16_t>();
    ByteCursor field(fields.take(size));
    if (tag != zip64_tag) continue;
    for (uint64_t* number : wanted) *number = field.number<uint64_t>();
    return field.ok();
  }
  return false;
}

bool widen(Bytes extra, CentralHeader& header) {
  std::vector<uint64_t*> wanted;
  for (uint64_t* number : {&header.size, &header.packed_size, &header.local_offset}) {
    if (*number == kElsewhere32) wanted.push_back(number);
  }
  return wanted.empty() || read_zip64_extra(extra, wanted);
}

Result<CentralHeader> read_central_header(ByteCursor& cursor) {
  CentralHeader header;
  const auto signature = cursor.number<uint32_t>();
  cursor.take(4);  // versions
  header.flags = cursor.number<uint16_t>();
  header.method = cursor.number<uint16_t>();
  cursor.take(4);  // time
  header.crc = cursor.number<uint32_t>();
  header.packed_size = cursor.number<uint32_t>();
  header.size = cursor.number<uint32_t>();
  const auto name_size = cursor.number<uint16_t>();
  const auto extra_size = cursor.number<uint16_t>();
  const auto comment_size = cursor.number<uint16_t>();
  const auto disk = cursor.number<uint16_t>();
  cursor.take(6);  // attributes
  header.local_offset = cursor.number<uint32_t>();
  header.name = as_text(cursor.take(name_size));
  const Bytes extra = cursor.take(extra_size);
  cursor.take(comment_size);
  const bool sound = cursor.ok() && signature == kCentralHeader && disk == 0 && widen(extra, header);
  if (!sound || header.name.empty()) return corrupt("the zip directory is malformed", printable(header.name));
  return header;
}

Result<void> check_readable(const CentralHeader& header) {
  if ((header.flags & kEncrypted) != 0) return unsupported("the zip entry is encrypted", printable(header.name));
  if (header.method == kStored && header.packed_size != header.size) {
    return corrupt("the zip entry has two sizes", printable(header.name));
  }
  return {};
}

// The same fact in the local header: equal, or left out where the format lets a writer leave it out.
bool agrees(uint64_t local, uint64_t central, uint16_t flags) {
  return local == central || local == kElsewhere32 || ((flags & kSizesFollow) != 0 && local == 0);
}

// The entry's data, which end before `limit`, where the central directory begins.
Result<Bytes> locate_data(Bytes archive, const CentralHeader& header, uint64_t limit) {
  ByteCursor cursor(archive.first(limit), header.local_offset);
  const auto signature = cursor.number<uint32_t>();
  cursor.take(2);  // version
  const auto flags = cursor.number<uint16_t>();
  const auto method = cursor.number<uint16_t>();
  cursor.take(4);  // time
  const auto crc = cursor.number<uint32_t>();
  const auto packed_size = cursor.number<uint32_t>();
  const auto size = cursor.number<uint32_t>();
  const auto name_size = cursor.number<uint16_t>();
  const auto extra_size = cursor.number<uint16_t>();
  const std::string_view name = as_text(cursor.take(name_size));
  cursor.take(extra_size);
  const Bytes data = cursor.take(header.packed_size);
  if (!cursor.ok() || signature != kLocalHeader) {
    return corrupt("the zip entry lies outside the archive", printable(header.name));
  }
  const bool same = name == header.name && method == header.method && flags == header.flags &&
                    (crc == header.crc || ((flags & kSizesFollow) != 0 && crc == 0)) &&
                    agrees(packed_size, header.packed_size, flags) && agrees(size, header.size, flags);
  if (!same) return corrupt("the zip entry's two headers disagree", printable(header.name));
  return data;
}

Result<ZipEntry> read_entry(Bytes archive, ByteCursor& cursor, uint64_t limit) {
  const Result<CentralHeader> header = read_central_header(cursor);
  if (!header) return Unexpected(header.error());
  if (Result<void> readable = check_readable(*header); !readable) return Unexpected(readable.error());
  const Result<Bytes> data = locate_data(archive, *header, limit);
  if (!data) return Unexpected(data.error());
  return ZipEntry{header->name, header->crc, header->method == kStored, *data};
}

Result<void> check_names_differ(const std::vector<ZipEntry>& by_name) {
  const auto twice = std::adjacent_find(by_name.begin(), by_name.end(),
                                        [](const ZipEntry& a, const ZipEntry& b) { return a.name == b.name; });
  if (twice == by_name.end()) return {};
  return corrupt("the zip archive has two entries of this name", printable(twice->name));
}

Result<void> check_no_overlap(const std::vector<ZipEntry>& entries) {
  std::vector<const ZipEntry*> by_place(entries.size());
  std::transform(entries.begin(), entries.end(), by_place.begin(), [](const ZipEntry& entry) { return &entry; });
  // Empty entries of one place must come before the entry that begins there.
  std::sort(by_place.begin(), by_place.end(), [](const ZipEntry* a, const ZipEntry* b) {
    return std::pair(a->data.data(), a->data.size()) < std::pair(b->data.data(), b->data.size());
  });
  for (size_t i = 1; i < by_place.size(); ++i) {
    const Bytes before = by_place[i - 1]->data;
    if (before.data() + before.size() > by_place[i]->data.data()) {
      return corrupt("two zip entries overlap", printable(by_place[i]->name));
    }
  }
  return {};
}

}  // namespace

Result<ZipDirectory> ZipDirectory::read(Bytes archive) {
  const Result<Directory> found = read_end_records(archive);
  if (!found) return Unexpected(found.error());
  if (found->offset > found->end || found->size != found->end - found->offset ||
      found->count > found->size / kCentralHeaderSize) {
    return corrupt("the zip directory does not lie where the end record says");
  }
  ZipDirectory directory;
  ByteCursor cursor(archive.subspan(found->offset, found->size));
  for (uint64_t i = 0; i < found->count; ++i) {
    Result<ZipEntry> entry = read_entry(archive, cursor, found->offset);
    if (!entry) return Unexpected(entry.error());
    directory.entries_.push_back(*entry);
  }
  if (cursor.left() != 0) return corrupt("the zip directory holds more entries than the end record says");

  std::sort(directory.entries_.begin(), directory.entries_.end(),
            [](const ZipEntry& a, const ZipEntry& b) { return a.name < b.name; });
  if (Result<void> differ = check_names_differ(directory.entries_); !differ) return Unexpected(differ.error());
  if (Result<void> apart = check_no_overlap(directory.entries_); !apart) return Unexpected(apart.error());
  return directory;
}

const ZipEntry* ZipDirectory::find(std::string_view name) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), name,
                                   [](const ZipEntry& entry, std::string_view wanted) { return entry.name < wanted; });
  return at != entries_.end() && at->name == name ? &*at : nullptr;
}

Result<Bytes> stored_bytes(const ZipEntry& entry) {
  if (!entry.stored) {
    return unsupported("the zip entry is compressed: pack the archive anew without compression", printable(entry.name));
  }
  const auto* data = reinterpret_cast<const Bytef*>(entry.data.data());
  if (crc32_z(0, data, entry.data.size()) == entry.crc) return entry.data;
  return corrupt("the zip entry's checksum is wrong: the file was damaged", printable(entry.name));
}

}  // namespace uie::checkpoint
