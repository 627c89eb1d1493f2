#include "text/spm/plugin.h"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <sentencepiece_processor.h>

namespace {

using sentencepiece::SentencePieceProcessor;

const SentencePieceProcessor& processor_of(const void* processor) {
  return *static_cast<const SentencePieceProcessor*>(processor);
}

void* load(const char* model, size_t size, char* error, size_t error_size) {
  auto processor = std::make_unique<SentencePieceProcessor>();
  const auto status = processor->LoadFromSerializedProto(std::string_view(model, size));
  if (status.ok()) return processor.release();
  std::snprintf(error, error_size, "%s", status.ToString().c_str());
  return nullptr;
}

void release(void* processor) { delete static_cast<SentencePieceProcessor*>(processor); }

bool encode(const void* processor, const char* bytes, size_t size, UieSpmPiece piece, void* context) {
  sentencepiece::ImmutableSentencePieceText pieces;
  if (!processor_of(processor).Encode(std::string_view(bytes, size), pieces.mutable_proto()).ok()) return false;
  for (const auto& found : pieces.pieces())
    piece(context, static_cast<int32_t>(found.id()), found.begin(), found.end());
  return true;
}

int32_t piece_count(const void* processor) { return processor_of(processor).GetPieceSize(); }
int32_t unk_id(const void* processor) { return processor_of(processor).unk_id(); }

int32_t find(const void* processor, const char* bytes, size_t size) {
  const std::string_view piece(bytes, size);
  const int id = processor_of(processor).PieceToId(piece);  // [UNK]'s for what it does not know
  return processor_of(processor).IdToPiece(id) == piece ? id : -1;
}

const char* piece(const void* processor, int32_t id, size_t* size) {
  const std::string& bytes = processor_of(processor).IdToPiece(id);
  *size = bytes.size();
  return bytes.data();
}

const UieSpmApi kApi{load, release, encode, piece_count, unk_id, find, piece};

}  // namespace

extern "C" __attribute__((visibility("default"))) const UieSpmApi* uie_spm_api() { return &kApi; }
