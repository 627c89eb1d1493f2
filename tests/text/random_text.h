// Random Unicode for property tests: code points from the corners where tokenisers go wrong, and special tokens.
#pragma once

#include <random>
#include <string>

#include "text/utf8.h"

namespace uie {

inline std::string to_utf8(const std::u32string& points) {
  std::string bytes;
  for (const char32_t c : points) {
    char buffer[4];
    bytes.append(buffer, utf8::put(c, buffer));
  }
  return bytes;
}

inline char32_t random_point(std::mt19937& random) {
  struct Range {
    char32_t first, last;
  };
  static const Range ranges[] = {
      {0x20, 0x7E},       {0x0, 0x1F},          {0x4E00, 0x9FFF},   {0x4E00, 0x4FFF},   {0xA0, 0x24F},
      {0x300, 0x36F},     {0x370, 0x52F},       {0x590, 0x6FF},     {0x900, 0xDFF},     {0x1100, 0x11FF},
      {0x1E00, 0x206F},   {0x2070, 0x2BFF},     {0x3000, 0x30FF},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
      {0xFE00, 0xFFFF},   {0x1D100, 0x1D7FF},   {0x1F300, 0x1FAFF}, {0x20000, 0x2CEAF}, {0x2F800, 0x2FA1F},
      {0xE0000, 0xE01EF}, {0x10FFF0, 0x10FFFF}, {0xE000, 0xE0FF},
  };
  const Range& range = ranges[random() % std::size(ranges)];
  return range.first + static_cast<char32_t>(random()) % (range.last - range.first + 1);
}

inline std::u32string random_points(std::mt19937& random, size_t size) {
  std::u32string points;
  while (points.size() < size) points.push_back(random_point(random));
  return points;
}

// Words, runs and special tokens, whole and broken, between random code points.
inline std::u32string random_text(std::mt19937& random, size_t parts) {
  static const std::u32string pieces[] = {
      U"[CLS]",  U"[SEP]",      U"[MASK]",           U"[UNK]",   U"[PAD]",  U"[PREFIX]",
      U"[TYPE]", U"[CLASSIFY]", U"[MULTICLASSIFY]",  U"[",       U"[CLS",   U"[cls]",
      U"]",      U"##",         U"unbelievable",     U"2024",    U"人物",   U"组织机构: ",
      U" ",      U"\t",         U"\u3000",           U"e\u0301", U"\u200b", U"한국어",
      U"が",     U"[[TYPE]]",   U"[MULTI[CLASSIFY]",
  };
  std::u32string text;
  for (size_t i = 0; i < parts; ++i) {
    switch (random() % 4) {
      case 0:
        text += pieces[random() % std::size(pieces)];
        break;
      case 1:
        text += std::u32string(random() % 130, random_point(random));
        break;
      default:
        text += random_points(random, random() % 8);
    }
  }
  return text;
}

}  // namespace uie
