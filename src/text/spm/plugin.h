// What libuie_spm.so offers: the sentencepiece library behind a C interface.
//
// Debian's libsentencepiece carries an old protobuf of its own and exports its symbols. In one program with libtorch,
// which brings the system's protobuf, the two bind to each other and crash before main(). So sentencepiece lives in a
// library that is opened late, with its own symbols first (see library.cpp), and nothing but these plain functions
// crosses over.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

// Called for each piece: its id and the bytes [begin, end) of the input that it stands for.
using UieSpmPiece = void (*)(void* context, int32_t id, size_t begin, size_t end);

struct UieSpmApi {
  // A processor from the bytes of spm.model; null when it is none, with the reason in `error`.
  void* (*load)(const char* model, size_t size, char* error, size_t error_size);
  void (*free)(void* processor);
  // False when the library refuses the input. Thread safe.
  bool (*encode)(const void* processor, const char* bytes, size_t size, UieSpmPiece piece, void* context);
  int32_t (*piece_count)(const void* processor);
  int32_t (*unk_id)(const void* processor);
  // The id whose piece is exactly these bytes; -1 when there is none.
  int32_t (*find)(const void* processor, const char* bytes, size_t size);
  // The bytes of a piece; they live as long as the processor.
  const char* (*piece)(const void* processor, int32_t id, size_t* size);
};

// The only exported symbol.
const UieSpmApi* uie_spm_api();
}
