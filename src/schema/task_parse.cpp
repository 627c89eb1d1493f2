// A task by name from JSON: the name, its parameters, and defaults for what is not given.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "schema/task_table.h"
#include "uie/schema/tasks.h"

namespace uie {
namespace {

constexpr size_t kMaxTasks = 16;  // in one request; there are 14

// The one label of opinions that have no polarity, for families and answers alike.
constexpr const char* kPlainOpinion = "情感词";

size_t code_points(std::string_view text) {
  const auto is_start = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), is_start));
}

Json parsed(std::string_view trusted) { return parse_json(trusted, SchemaLimits{}).value_or(Json()); }

std::string listed(const std::vector<std::string_view>& names) {
  std::string list;
  for (const auto name : names) list += (list.empty() ? "" : ", ") + std::string(name);
  return list;
}

class TaskReader {
 public:
  TaskReader(const Json& json, const TaskRow& row, const SchemaLimits& limits, std::string pointer)
      : json_(json), row_(row), limits_(limits), pointer_(std::move(pointer)) {
    named_.kind = row.kind;
  }

  Result<AskedTask> read() {
    std::string name(row_.name);
    if (auto checked = check_names(); !checked) return Unexpected(checked.error());
    if (const Json* as = find("as")) {
      if (auto read = read_text("as", *as, limits_.max_label_chars, name); !read) return Unexpected(read.error());
    }
    for (const auto parameter : row_.parameters) {
      const Json* value = find(parameter);
      if (value == nullptr && parameter_row(parameter).required) return Unexpected(missing(parameter));
      if (value == nullptr) continue;
      if (auto read = read_parameter(std::string(parameter), *value); !read) return Unexpected(read.error());
    }
    if (auto done = complete_labels(); !done) return Unexpected(done.error());
    return AskedTask{std::move(name), pointer_, std::move(labels_),
                     std::make_shared<const NamedTask>(std::move(named_))};
  }

 private:
  const Json* find(std::string_view name) const {
    if (!json_.is_object()) return nullptr;
    const auto found = json_.find(std::string(name));
    return found == json_.end() ? nullptr : &*found;
  }

  std::string place(const std::string& name) const { return pointer_ + "/" + pointer_token(name); }

  Unexpected refuse(const std::string& name, std::string message) const {
    return fail(ErrorCode::invalid_request, std::move(message), place(name));
  }

  std::string this_task() const { return "the task '" + std::string(row_.name) + "'"; }

  Error missing(std::string_view name) const {
    return Error{
        ErrorCode::invalid_request,
        this_task() + " needs '" + std::string(name) + "'; for example " + dump_json(parsed(row_.example_task)),
        place(std::string(name))};
  }

  // A misspelt parameter would otherwise silently do nothing.
  Result<void> check_names() const {
    if (!json_.is_object()) return {};
    for (const auto& [name, value] : json_.get_ref<const Json::object_t&>()) {
      if (name == "task" || name == "as") continue;
      if (std::find(row_.parameters.begin(), row_.parameters.end(), name) != row_.parameters.end()) continue;
      return refuse(name, "unknown parameter; " + this_task() + " takes " + listed(row_.parameters));
    }
    return {};
  }

  Result<void> read_parameter(const std::string& name, const Json& value) {
    if (name == "labels") return read_list(name, value);
    if (name == "options") return read_list(name, value);
    if (name == "schema") return read_tree(value);
    if (name == "text2") return read_second(value);
    if (name == "question" && row_.kind == TaskKind::reading && value.is_array()) return read_list(name, value);
    if (name == "question") return read_question(value);
    if (name == "pronoun") return read_text(name, value, limits_.max_label_chars, named_.pronoun);
    if (name == "candidate") return read_text(name, value, limits_.max_label_chars, named_.candidate);
    if (!value.is_boolean()) return refuse(name, "this must be true or false");
    (name == "polarity" ? named_.polarity : named_.missing_aspect) = value.get<bool>();
    return {};
  }

  Result<void> read_text(const std::string& name, const Json& value, size_t max_chars, std::string& out) const {
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
      return refuse(name, "this must be a string that is not empty");
    }
    out = value.get<std::string>();
    if (code_points(out) <= max_chars) return {};
    return refuse(name, "this is longer than " + std::to_string(max_chars) + " code points, the limit");
  }

  Result<void> read_second(const Json& value) {
    if (!value.is_string()) return refuse("text2", "this must be a string: the text to compare with");
    auto text = Text::from_utf8(value.get<std::string>());
    if (!text) return fail(text.error().code, text.error().message, place("text2"));
    if (text->size() > limits_.max_text_chars) {
      return fail(ErrorCode::too_large,
                  "the text has " + std::to_string(text->size()) + " characters; at most " +
                      std::to_string(limits_.max_text_chars) + " are taken",
                  place("text2"));
    }
    named_.second = *std::move(text);
    return {};
  }

  // Of reading the label, of a choice the words in front of each option.
  Result<void> read_question(const Json& value) {
    std::string question;
    if (auto read = read_text("question", value, limits_.max_label_chars, question); !read) return read;
    if (row_.kind != TaskKind::reading) {
      named_.question = std::move(question);
      return {};
    }
    auto root = std::make_shared<SchemaNode>();
    root->children.push_back({std::move(question), {}});
    labels_ = std::move(root);
    return {};
  }

  // Labels, options or questions: strings, each once.
  Result<void> read_list(const std::string& name, const Json& value) {
    if (!value.is_array() || value.empty()) {
      return refuse(name, R"(this must be a list of strings that is not empty, as ["正面", "负面"])");
    }
    if (labels_) return refuse(name, "give either 'labels' or 'schema'");
    if (value.size() > limits_.max_labels) {
      return refuse(name, "more than " + std::to_string(limits_.max_labels) + " labels, the limit");
    }
    auto root = std::make_shared<SchemaNode>();
    std::unordered_set<std::string> seen;
    for (const Json& entry : value) {
      const std::string entry_name = name + "/" + std::to_string(root->children.size());
      std::string label;
      if (auto read = read_text(entry_name, entry, limits_.max_label_chars, label); !read)
        return at_entry(read.error(), entry_name);
      if (!seen.insert(label).second)
        return at_entry({ErrorCode::invalid_request, "this stands in the list twice", {}}, entry_name);
      root->children.push_back({std::move(label), {}});
    }
    labels_ = std::move(root);
    return {};
  }

  // read_text escapes the / before an entry's number.
  Unexpected at_entry(Error error, const std::string& entry) const {
    error.where = pointer_ + "/" + entry;
    return Unexpected(std::move(error));
  }

  Result<void> read_tree(const Json& value) {
    if (labels_) return refuse("schema", "give either 'labels' or 'schema'");
    auto schema = parse_schema(value, limits_, place("schema"));
    if (!schema) return Unexpected(schema.error());
    labels_ = *std::move(schema);
    return check_shape();
  }

  Result<void> check_shape() const {
    if (labels_->children.empty()) return refuse("schema", "the schema must have at least one label");
    for (const SchemaNode& label : labels_->children) {
      const std::string where = "schema/" + pointer_token(label.label);
      if (row_.tree == TreeShape::flat && !label.is_leaf()) {
        return at_entry(
            {ErrorCode::invalid_request, this_task() + " takes labels without labels below them: put null here", {}},
            where);
      }
      if (row_.tree == TreeShape::two_level && label.is_leaf()) {
        return at_entry({ErrorCode::invalid_request,
                         this_task() + R"( needs labels below each label, as {"人物": {"配偶": null}})",
                         {}},
                        where);
      }
      for (const SchemaNode& child : label.children) {
        if (row_.tree == TreeShape::any || child.is_leaf()) continue;
        return at_entry({ErrorCode::invalid_request, this_task() + " takes two levels of labels: put null here", {}},
                        where + "/" + pointer_token(child.label));
      }
    }
    return {};
  }

  Result<void> complete_labels() {
    if (row_.kind == TaskKind::aspects && !named_.polarity) {
      if (labels_)
        return refuse("labels", "the labels of this task are polarities; leave them out where polarity is false");
      auto root = std::make_shared<SchemaNode>();
      root->children.push_back({kPlainOpinion, {}});
      labels_ = std::move(root);
    }
    if (labels_) return {};
    if (row_.default_labels.empty()) return Unexpected(missing(row_.parameters.front()));
    auto schema = parse_schema(row_.default_labels, SchemaLimits{});
    if (!schema) return Unexpected(schema.error());
    labels_ = *std::move(schema);
    return {};
  }

  const Json& json_;
  const TaskRow& row_;
  const SchemaLimits& limits_;
  const std::string pointer_;
  Schema labels_;
  NamedTask named_;
};

}  // namespace

Result<AskedTask> parse_task(const Json& json, const SchemaLimits& limits, std::string_view pointer) {
  const Json* name = json.is_object() && json.contains("task") ? &json["task"] : &json;
  if (!name->is_string()) {
    return fail(ErrorCode::invalid_request,
                R"(a task is a name, as "ner", or an object with the name and its parameters, as )"
                R"({"task": "sentiment", "labels": ["正面", "负面"]}; known are )" +
                    known_tasks(),
                std::string(pointer) + (name == &json ? "" : "/task"));
  }
  const TaskRow* row = find_task(name->get_ref<const std::string&>());
  if (row == nullptr) {
    return fail(ErrorCode::invalid_request, "there is no task of this name; known are " + known_tasks(),
                std::string(pointer) + (name == &json ? "" : "/task"));
  }
  return TaskReader(json, *row, limits, std::string(pointer)).read();
}

Result<std::vector<AskedTask>> parse_tasks(const Json& json, const SchemaLimits& limits, std::string_view pointer) {
  if (!json.is_array() || json.empty()) {
    return fail(ErrorCode::invalid_request,
                R"(this must be a list of tasks that is not empty, as ["ner", "sentiment"])", std::string(pointer));
  }
  if (json.size() > kMaxTasks) {
    return fail(ErrorCode::too_large, "at most " + std::to_string(kMaxTasks) + " tasks in one request",
                std::string(pointer));
  }
  std::vector<AskedTask> tasks;
  for (const Json& entry : json) {
    const std::string place = std::string(pointer) + "/" + std::to_string(tasks.size());
    auto task = parse_task(entry, limits, place);
    if (!task) return Unexpected(task.error());
    const auto same = [&](const AskedTask& other) { return other.name == task->name; };
    if (std::any_of(tasks.begin(), tasks.end(), same)) {
      return fail(
          ErrorCode::invalid_request,
          R"(this task stands in the list twice; give its second answer a name, as {"task": "sentiment", "as": "mood"})",
          place);
    }
    tasks.push_back(*std::move(task));
  }
  return tasks;
}

Result<void> check_task(const AskedTask& task, const Text& text) {
  if (task.named->kind != TaskKind::coreference) return {};
  for (const auto& [parameter, word] :
       {std::pair{"/candidate", &task.named->candidate}, std::pair{"/pronoun", &task.named->pronoun}}) {
    if (text.bytes().find(*word) != std::string::npos) continue;
    return fail(ErrorCode::invalid_request, "this word does not occur in the text; write it as the text does",
                task.pointer + parameter);
  }
  return {};
}

}  // namespace uie
