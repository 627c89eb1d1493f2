#include <unordered_set>

#include "checkpoint/errors.h"
#include "checkpoint/torch_file.h"
#include "checkpoint/torch_tensors.h"
#include "checkpoint/zip.h"

namespace uie::checkpoint {
namespace {

// "NAME/" of the one entry NAME/data.pkl.
Result<std::string> find_folder(const ZipDirectory& zip) {
  constexpr std::string_view pickle_name = "data.pkl";
  std::string folder;
  for (const ZipEntry& entry : zip.entries()) {
    const size_t slash = entry.name.find('/');
    if (slash == std::string_view::npos || entry.name.substr(slash + 1) != pickle_name) continue;
    if (!folder.empty()) return corrupt("the zip archive holds two checkpoints", printable(entry.name));
    folder = entry.name.substr(0, slash + 1);
  }
  if (folder.empty()) return corrupt("the zip archive holds no data.pkl: it is no PyTorch checkpoint");
  return folder;
}

Result<void> check_kind(const ZipDirectory& zip, const std::string& folder) {
  if (zip.find(folder + "constants.pkl") != nullptr) {
    return unsupported("TorchScript archives are not supported: save the state dict", printable(folder));
  }
  const ZipEntry* order = zip.find(folder + "byteorder");
  if (order == nullptr || as_text(order->data) == "little") return {};
  return unsupported("only little-endian checkpoints are supported", printable(order->name));
}

// Finds storages and checks the sum of each once.
class ZipStorages {
 public:
  ZipStorages(const ZipDirectory& zip, std::string prefix) : zip_(zip), prefix_(std::move(prefix)) {}

  Result<Bytes> find(const StorageId& id) {
    const ZipEntry* entry = zip_.find(prefix_ + std::string(id.key));
    if (entry == nullptr) return corrupt("the archive has no entry for its storage " + printable(id.key));
    const Result<Bytes> bytes = verified(*entry);
    if (bytes && bytes->size() != id.bytes) {
      return corrupt("its storage declares " + std::to_string(id.bytes) + " bytes, the entry has " +
                     std::to_string(bytes->size()));
    }
    return bytes;
  }

 private:
  Result<Bytes> verified(const ZipEntry& entry) {
    if (verified_.contains(&entry)) return entry.data;
    const Result<Bytes> bytes = stored_bytes(entry);
    if (bytes) verified_.insert(&entry);
    return bytes;
  }

  const ZipDirectory& zip_;
  std::string prefix_;
  std::unordered_set<const ZipEntry*> verified_;
};

}  // namespace

Result<TensorTable> read_torch_zip(Bytes file) {
  const Result<ZipDirectory> zip = ZipDirectory::read(file);
  if (!zip) return Unexpected(zip.error());
  const Result<std::string> folder = find_folder(*zip);
  if (!folder) return Unexpected(folder.error());
  if (Result<void> kind = check_kind(*zip, *folder); !kind) return Unexpected(kind.error());

  const Result<Bytes> program = stored_bytes(*zip->find(*folder + "data.pkl"));
  if (!program) return Unexpected(program.error());
  const Result<Pickle> pickle = Pickle::read(*program);
  if (!pickle) return Unexpected(pickle.error());
  if (pickle->length() != program->size()) return corrupt("bytes follow the pickle in data.pkl");
  ZipStorages storages(*zip, *folder + "data/");
  return collect_tensors(
      *pickle, [&](const StorageId& id) { return storages.find(id); }, file.size());
}

}  // namespace uie::checkpoint
