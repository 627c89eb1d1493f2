// What a client asks for, in native types: JSON ends in this room.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "uie/base/deadline.h"
#include "uie/base/option.h"
#include "uie/base/result.h"
#include "uie/text/text.h"

namespace uie {

// One label of the schema tree. Children keep the order of the JSON; of repeated keys the last value stays at the
// place of the first. No children: a leaf. The root of a schema has an empty label and is not a label itself.
struct SchemaNode {
  std::string label;
  std::vector<SchemaNode> children;

  bool is_leaf() const { return children.empty(); }
};

// Immutable once parsed; one schema serves many texts and threads.
using Schema = std::shared_ptr<const SchemaNode>;

// How offsets are counted in an answer.
enum class OffsetUnit { codepoint, utf16, utf8 };

struct TaskOptions {
  double threshold = 0;  // items below it are removed, with what hangs below them; 0: none
  std::vector<std::pair<std::string, double>> thresholds;  // by label; beats `threshold`
  OffsetUnit offsets = OffsetUnit::codepoint;
  std::optional<uint32_t> max_windows;  // text windows beyond it are not read; the answer then says truncated
  std::optional<uint32_t> deadline_ms;  // from arrival; whoever makes the Task turns it into its deadline
  bool output_all_prefix = false;       // Siamese: also give paths that stop before a leaf
  bool native = false;                  // where named tasks were asked: also give the family's own tuples
};

// Limits on what a client may ask; each is a flag. Defaults refuse no row of the published task sets.
struct SchemaLimits {
  size_t max_text_chars = 1'000'000;  // code points
  size_t max_labels = 4'096;          // in the whole tree
  size_t max_label_chars =
      1'024;  // code points; a label too long for the model is legal: it is not asked, and the answer says so
  size_t max_depth = 16;       // levels of the tree
  size_t max_json_depth = 64;  // brackets
  size_t max_json_bytes = 8u << 20;

  template <class Visitor>
  void visit(Visitor&& visitor) {
    visitor(max_text_chars, OptionInfo{"max-text-chars", "code points", "longest text; longer is refused with 413"});
    visitor(max_labels, OptionInfo{"max-labels", "labels", "most labels in one schema tree"});
    visitor(max_label_chars, OptionInfo{"max-label-chars", "code points", "longest label"});
    visitor(max_depth, OptionInfo{"max-depth", "levels", "deepest schema tree"});
    visitor(max_json_depth, OptionInfo{"max-json-depth", "brackets", "deepest nesting of a JSON document"});
  }
};

// The tasks that have a name (table in src/schema/task_table.cpp).
enum class TaskKind {
  entities,
  relations,
  events,
  aspects,
  sentiment,
  emotion,
  classification,
  multi_label,
  hierarchy,
  matching,
  inference,
  coreference,
  reading,
  choice,
};

// What a task asks beyond its text and labels. A family puts it in its own words (src/extract/task_family.h).
struct NamedTask {
  TaskKind kind = TaskKind::entities;
  Text second = {};            // matching, inference: the text to compare with
  std::string question = {};   // choice
  std::string pronoun = {};    // coreference: a word of the text; its first place after the candidate is meant
  std::string candidate = {};  // coreference: a word of the text; its first place is meant
  bool polarity = true;        // aspects: the labels are polarities; false: opinions without one
  bool missing_aspect = true;  // aspects: also opinions whose aspect the text does not name
};

// One text, one schema. The unit the engine works on.
struct Task {
  Text text;
  Schema schema;  // of a named task: its labels, as the caller writes them
  TaskOptions options;
  Deadline deadline;
  std::shared_ptr<const NamedTask> named = nullptr;  // null: the schema is the family's own

  // Code points that one extraction reads.
  size_t characters() const { return size_t{text.size()} + (named ? named->second.size() : 0); }
};

// A schema from JSON: an object (label → object or null; {} = null = leaf) or a string holding such an object.
// Errors: invalid_request; `where` is a JSON pointer below `pointer` ("/schema/人物/年龄"), the message says what would
// be right.
Result<Schema> parse_schema(std::string_view json, const SchemaLimits& limits, std::string_view pointer = "");
// Exact matches, for a string would otherwise also become the Json of the overload in json.h.
inline Result<Schema> parse_schema(const std::string& json, const SchemaLimits& limits, std::string_view pointer = "") {
  return parse_schema(std::string_view(json), limits, pointer);
}
inline Result<Schema> parse_schema(const char* json, const SchemaLimits& limits, std::string_view pointer = "") {
  return parse_schema(std::string_view(json), limits, pointer);
}

}  // namespace uie
