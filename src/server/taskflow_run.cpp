#include "server/taskflow_run.h"

#include <algorithm>
#include <memory>
#include <type_traits>

#include "server/taskflow_choice.h"

namespace uie {
namespace {

// Every task holds its text; more at once would only hold more memory.
constexpr size_t kPortion = 64;

// The paths of `node` that are exactly `depth` labels long, without questions; false when there are none.
bool copy_depth(const SchemaNode& node, size_t depth, SchemaNode& copy) {
  for (const SchemaNode& child : node.children) {
    if (read_choice(child)) continue;
    SchemaNode below{child.label, {}};
    if (depth == 1 || copy_depth(child, depth - 1, below)) copy.children.push_back(std::move(below));
  }
  return !copy.children.empty();
}

// The extractions that a schema asks for: one a depth.
std::vector<Schema> depths(const SchemaNode& root) {
  std::vector<Schema> schemas;
  while (true) {
    auto schema = std::make_shared<SchemaNode>();
    if (!copy_depth(root, schemas.size() + 1, *schema)) return schemas;
    schemas.push_back(std::move(schema));
  }
}

// A question about a text, or about a span found in it.
struct Question {
  size_t text;
  std::string label;  // as the client wrote it, with the options
  Choice choice;
  std::string about;  // the span; empty: the text
  Findings* answer;   // where it goes
};

// Answers are added while others point into the tree: a group that grows its list of groups must not move findings.
static_assert(std::is_nothrow_move_constructible_v<FindingGroup>);

void collect_questions(const SchemaNode& node, size_t text, const std::string& about, Findings& here,
                       std::vector<Question>& questions) {
  for (const SchemaNode& child : node.children) {
    if (auto choice = read_choice(child)) {
      questions.push_back({text, child.label, *std::move(choice), about, &here});
    } else if (FindingGroup* group = here.find(child.label); group && !child.is_leaf()) {
      for (Finding& finding : group->findings)
        collect_questions(child, text, finding.text, finding.relations, questions);
    }
  }
}

class TaskflowRun {
 public:
  TaskflowRun(const RunContext& context, const std::string& family, const std::vector<Text>& texts, Deadline deadline)
      : context_(context), family_(family), texts_(texts), deadline_(deadline), found_(texts.size()) {}

  Result<std::vector<Findings>> run(const SchemaNode& root) {
    const auto schemas = depths(root);
    const auto extracted = in_portions(
        texts_.size() * schemas.size(),
        [&](size_t i) {
          return Task{texts_[i / schemas.size()], schemas[i % schemas.size()], {}, deadline_};
        },
        [&](size_t i, const Extracted& answer) {
          for (const Chain& chain : answer.chains) found_[i / schemas.size()].add(chain);
        });
    if (!extracted) return tl::unexpected(extracted.error());
    if (auto answered = answer_questions(root); !answered) return tl::unexpected(answered.error());
    return std::move(found_);
  }

 private:
  Result<void> answer_questions(const SchemaNode& root) {
    std::vector<Question> questions;
    for (size_t i = 0; i < texts_.size(); ++i) collect_questions(root, i, "", found_[i], questions);
    const auto form = [&](size_t i) { return choice_form(questions[i].choice, questions[i].about, family_); };
    return in_portions(
        questions.size(),
        [&](size_t i) {
          ChoiceForm asked = form(i);
          auto text = Text::from_utf8(asked.prefix + texts_[questions[i].text].bytes());
          return Task{text ? *std::move(text) : Text(), std::move(asked.schema), {}, deadline_};
        },
        [&](size_t i, const Extracted& answer) {
          auto chosen = read_chosen(form(i), questions[i].choice, answer);
          if (!chosen) return;
          Finding& finding = questions[i].answer->at(questions[i].label).findings.emplace_back();
          finding.text = std::move(chosen->option);
          finding.probability = chosen->confidence;
          finding.has_place = false;
        });
  }

  // make(i) gives task i of `count`, take(i, answer) has its answer.
  template <class Make, class Take>
  Result<void> in_portions(size_t count, Make make, Take take) {
    for (size_t begin = 0; begin < count; begin += kPortion) {
      const size_t end = std::min(count, begin + kPortion);
      std::vector<Task> tasks;
      for (size_t i = begin; i < end; ++i) tasks.push_back(make(i));
      const auto results = run_jobs(context_, std::move(tasks), deadline_);
      for (size_t i = begin; i < end; ++i) {
        const JobResult& result = results[i - begin];
        if (!result) return tl::unexpected(result.error());
        take(i, *result);
      }
    }
    return {};
  }

  const RunContext& context_;
  const std::string& family_;
  const std::vector<Text>& texts_;
  const Deadline deadline_;
  std::vector<Findings> found_;
};

}  // namespace

Result<std::vector<Findings>> run_taskflow(const RunContext& context, const std::string& family,
                                           const std::vector<Text>& texts, const Schema& schema, Deadline deadline) {
  return TaskflowRun(context, family, texts, deadline).run(*schema);
}

}  // namespace uie
