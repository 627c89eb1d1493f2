// A model family: how a task becomes queries and hits become an answer.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "uie/base/option.h"
#include "uie/base/result.h"
#include "uie/extract/extraction.h"
#include "uie/schema/task.h"
#include "uie/text/tokenizer.h"

namespace uie {

struct ExtractOptions {
  size_t max_prefixes = 512;   // prefixes expanded on one level of one extraction; more are cut and `truncated` is said
  size_t max_windows = 4'096;  // text windows of one text; more are cut and `truncated` is said
  size_t max_queries = 65'536;   // encoder queries of one text, all levels; more are not asked and `truncated` is said
  size_t max_results = 100'000;  // tuples of one text; more are dropped and `truncated` is said

  template <class Visitor>
  void visit(Visitor&& visitor) {
    visitor(max_prefixes,
            OptionInfo{"max-prefixes", "prefixes",
                       "prefixes expanded on one level of one text; more are cut and the answer says truncated"});
    visitor(max_windows,
            OptionInfo{"max-windows", "windows", "windows of one text; more are cut and the answer says truncated"});
    visitor(max_queries, OptionInfo{"max-queries", "queries",
                                    "encoder queries of one text; more are not asked and the answer says truncated"});
    visitor(max_results,
            OptionInfo{"max-results", "tuples", "tuples of one text; more are dropped and the answer says truncated"});
  }
};

// Immutable and thread safe.
class Family {
 public:
  virtual ~Family() = default;

  virtual std::string name() const = 0;  // "rex-uninlu", "siamese-uie", …
  virtual const Tokenizer& tokenizer() const = 0;
  virtual uint32_t max_length() const = 0;  // tokens of one query

  // Tokenises and plans; does no encoder work. Never fails: an impossible task gives an empty answer with warnings.
  virtual std::unique_ptr<Extraction> begin(Task task) const = 0;
};

// The family of a model directory, from config.json and configuration.json (table in src/extract/families.cpp).
// Errors: corrupt_checkpoint, unsupported (names the model type and the ones known).
Result<std::shared_ptr<const Family>> load_family(const std::filesystem::path& model_dir,
                                                  const ExtractOptions& options);

}  // namespace uie
