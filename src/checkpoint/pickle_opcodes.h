// The opcodes of a pickle that build plain data, and the few that weight files need beside. All others are refused.
#pragma once

#include <cstdint>

namespace uie::checkpoint {

// clang-format off
enum Opcode : uint8_t {
  // the program itself
  kProto = 0x80, kFrame = 0x95, kStop = '.',
  // the stack
  kMark = '(', kPop = '0', kPopMark = '1', kDup = '2',
  // numbers
  kNone = 'N', kNewTrue = 0x88, kNewFalse = 0x89, kBinInt = 'J', kBinInt1 = 'K', kBinInt2 = 'M', kLong1 = 0x8a,
  kLong4 = 0x8b, kBinFloat = 'G',
  // text and bytes
  kBinString = 'T', kShortBinString = 'U', kBinUnicode = 'X', kShortBinUnicode = 0x8c, kBinUnicode8 = 0x8d,
  kBinBytes = 'B', kShortBinBytes = 'C', kBinBytes8 = 0x8e, kByteArray8 = 0x96,
  // containers
  kEmptyTuple = ')', kTuple = 't', kTuple1 = 0x85, kTuple2 = 0x86, kTuple3 = 0x87,
  kEmptyList = ']', kList = 'l', kAppend = 'a', kAppends = 'e',
  kEmptyDict = '}', kDict = 'd', kSetItem = 's', kSetItems = 'u',
  kEmptySet = 0x8f, kAddItems = 0x90, kFrozenSet = 0x91,
  // the memo
  kBinGet = 'h', kLongBinGet = 'j', kBinPut = 'q', kLongBinPut = 'r', kMemoize = 0x94,
  // names, calls, storages
  kGlobal = 'c', kStackGlobal = 0x93, kReduce = 'R', kBuild = 'b', kBinPersId = 'Q'
};
// clang-format on

}  // namespace uie::checkpoint
